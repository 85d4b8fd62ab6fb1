"""A listener to a host's events."""

import http.client
import json

from harness import SLOWNESS


class Listener:
    """One stream of server-sent events."""

    def __init__(self, stack, last_id=None):
        headers = {"Authorization": f"Bearer {stack.token}"}
        if last_id is not None:
            headers["Last-Event-ID"] = str(last_id)
        self._connection = http.client.HTTPConnection("127.0.0.1", stack.api_port, timeout=10 * SLOWNESS)
        self._connection.request("GET", "/api/events", headers=headers)
        self.reply = self._connection.getresponse()

    def next(self):
        """(id, event) of the next one; None at the stream's end."""
        fields = {}
        while line := self.reply.readline().decode():
            name, colon, value = line.rstrip("\n").partition(": ")
            if colon and name:
                fields[name] = value
            elif line == "\n" and "data" in fields:
                return int(fields["id"]), json.loads(fields["data"])
        return None

    def until(self, kind):
        """All of them to the first one of that kind."""
        seen = []
        while not seen or seen[-1][1]["type"] != kind:
            event = self.next()
            if event is None:
                raise AssertionError(f"the stream ended before {kind}: {seen}")
            seen.append(event)
        return seen

    def close(self):
        self._connection.close()
