//! JSON documents: read from bytes with a bounded depth, written as compact text.
use std::fmt::Write;

const DEEPEST: usize = 64;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

#[allow(dead_code)] // what one plugin does not need, another does
impl Value {
    pub fn text(text: &str) -> Value {
        Value::Text(text.to_string())
    }
    pub fn object(members: Vec<(&str, Value)>) -> Value {
        Value::Object(members.into_iter().map(|(name, value)| (name.to_string(), value)).collect())
    }
    /// The member of an object; Null when there is none, or when it is no object.
    pub fn get(&self, name: &str) -> &Value {
        match self {
            Value::Object(members) => members.iter().find(|(key, _)| key == name).map_or(&Value::Null, |(_, value)| value),
            _ => &Value::Null,
        }
    }
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }
    /// The items of a list; nothing for what is none.
    pub fn items(&self) -> &[Value] {
        match self {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub fn write(&self, out: &mut String) {
        match self {
            Value::Null => out.push_str("null"),
            Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Value::Number(number) => write!(out, "{}", number).unwrap_or(()),
            Value::Text(text) => write_text(text, out),
            Value::List(items) => write_all('[', ']', items, out, |item, out| item.write(out)),
            Value::Object(members) => write_all('{', '}', members, out, |(name, value), out| {
                write_text(name, out);
                out.push(':');
                value.write(out);
            }),
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::new();
        self.write(&mut out);
        f.write_str(&out)
    }
}

fn write_all<T>(open: char, close: char, items: &[T], out: &mut String, write: impl Fn(&T, &mut String)) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 => write!(out, "\\u{:04x}", c as u32).unwrap_or(()),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The document in these bytes, or what is wrong with them.
pub fn parse(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8".to_string())?;
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    reader.space();
    if reader.at == text.len() {
        Ok(value)
    } else {
        Err(reader.fault())
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn fault(&self) -> String {
        format!("not JSON at byte {}", self.at + 1)
    }
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }
    fn space(&mut self) {
        let skipped = self.rest().len() - self.rest().trim_start_matches(|c| matches!(c, ' ' | '\t' | '\r' | '\n')).len();
        self.at += skipped;
    }
    fn take(&mut self, wanted: char) -> bool {
        self.space();
        let found = self.rest().starts_with(wanted);
        self.at += if found { wanted.len_utf8() } else { 0 };
        found
    }
    fn want(&mut self, wanted: char) -> Result<(), String> {
        if self.take(wanted) {
            Ok(())
        } else {
            Err(self.fault())
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > DEEPEST {
            return Err(format!("deeper than {} levels", DEEPEST));
        }
        self.space();
        match self.rest().chars().next() {
            Some('{') => self.members(depth),
            Some('[') => self.list(depth),
            Some('"') => Ok(Value::Text(self.string()?)),
            Some('t') => self.word("true", Value::Bool(true)),
            Some('f') => self.word("false", Value::Bool(false)),
            Some('n') => self.word("null", Value::Null),
            _ => self.number(),
        }
    }
    fn members(&mut self, depth: usize) -> Result<Value, String> {
        let mut members = Vec::new();
        self.want('{')?;
        if self.take('}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.space();
            let name = self.string()?;
            self.want(':')?;
            members.push((name, self.value(depth + 1)?));
            if !self.take(',') {
                break;
            }
        }
        self.want('}')?;
        Ok(Value::Object(members))
    }
    fn list(&mut self, depth: usize) -> Result<Value, String> {
        let mut items = Vec::new();
        self.want('[')?;
        if self.take(']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if !self.take(',') {
                break;
            }
        }
        self.want(']')?;
        Ok(Value::List(items))
    }
    fn word(&mut self, word: &str, value: Value) -> Result<Value, String> {
        if !self.rest().starts_with(word) {
            return Err(self.fault());
        }
        self.at += word.len();
        Ok(value)
    }
    fn number(&mut self) -> Result<Value, String> {
        let end = self.rest().find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(self.rest().len());
        let digits = &self.rest()[..end];
        let starts_well = digits.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit());
        match digits.parse::<f64>() {
            Ok(number) if starts_well && number.is_finite() => {
                self.at += end;
                Ok(Value::Number(number))
            }
            _ => Err(self.fault()),
        }
    }

    fn string(&mut self) -> Result<String, String> {
        let mut text = String::new();
        self.want('"')?;
        loop {
            let c = self.next()?;
            match c {
                '"' => return Ok(text),
                '\\' => text.push(self.escape()?),
                c if (c as u32) < 0x20 => return Err(self.fault()),
                c => text.push(c),
            }
        }
    }
    fn next(&mut self) -> Result<char, String> {
        let c = self.rest().chars().next().ok_or_else(|| self.fault())?;
        self.at += c.len_utf8();
        Ok(c)
    }
    fn escape(&mut self) -> Result<char, String> {
        match self.next()? {
            'b' => Ok('\u{8}'),
            'f' => Ok('\u{c}'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'u' => self.code(),
            c @ ('"' | '\\' | '/') => Ok(c),
            _ => Err(self.fault()),
        }
    }
    /// A code point above U+FFFF is written as two escapes.
    fn code(&mut self) -> Result<char, String> {
        let high = self.hex4()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high).ok_or_else(|| self.fault());
        }
        if self.next()? != '\\' || self.next()? != 'u' {
            return Err(self.fault());
        }
        let low = self.hex4()?.wrapping_sub(0xdc00);
        if low >= 0x400 {
            return Err(self.fault());
        }
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + low).ok_or_else(|| self.fault())
    }
    fn hex4(&mut self) -> Result<u32, String> {
        let mut code = 0;
        for _ in 0..4 {
            code = code * 16 + self.next()?.to_digit(16).ok_or_else(|| self.fault())?;
        }
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_the_same() {
        let text = r#"{"a":[1,-2.5,true,null],"b":"\"\\ä","c":{}}"#;
        assert_eq!(parse(text.as_bytes()).unwrap().to_string(), text);
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(parse(br#""\u0061\n\ud83d\ude00""#).unwrap(), Value::text("a\n\u{1f600}"));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "{", "{\"a\"", "[1,]", "01x", "\"", "\"\\ud800\"", "nul", "1 2", "+1", "--1", "{\"a\":1,}"] {
            assert!(parse(text.as_bytes()).is_err(), "{}", text);
        }
        assert!(parse(&[0xff]).is_err());
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    }
}
