"""A real Prometheus that scrapes the replicas of a stack, over TLS with names on both sides when the test wants it."""

import contextlib
import json
import pathlib
import ssl
import subprocess
import threading
import urllib.parse
import urllib.request

from harness import free_port, wait_for

INTERVAL = "200ms"
PLUGIN = "    plugin: metrics-prometheus\n"


class Certificates:
    """An authority in `folder` (PEM files), and the names that it vouches for."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True)
        self._openssl("req", "-x509", *self._new_key("authority"), "-subj", "/CN=authority", "-days", "2",
                      "-out", self.file("authority.pem"))

    def file(self, name):
        return str(self.folder / name)

    def text(self, name):
        return (self.folder / name).read_text()

    def issue(self, name):
        """<name>.pem and <name>.key, good for localhost."""
        self._openssl("req", *self._new_key(name), "-subj", f"/CN={name}", "-out", self.file(f"{name}.csr"))
        names = self.folder / "names"
        names.write_text("subjectAltName=DNS:localhost\n")
        self._openssl("x509", "-req", "-in", self.file(f"{name}.csr"), "-CA", self.file("authority.pem"),
                      "-CAkey", self.file("authority.key"), "-CAcreateserial", "-days", "2", "-extfile", str(names),
                      "-out", self.file(f"{name}.pem"))

    def _new_key(self, name):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", self.file(f"{name}.key"))

    def _openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=20)


class Scraper:
    """Ends with stop(). With `certificates` it answers only who shows one of their authority, and is asked as `slipway`."""

    def __init__(self, stack, certificates=None):
        self._stack, self._folder, self._trust = stack, stack.folder / "prometheus", None
        self.port = free_port()
        self.url = f"{'https' if certificates else 'http'}://localhost:{self.port}"
        self._folder.mkdir()
        self._targets = self._folder / "targets.json"
        self._targets.write_text("[]")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._server = self._run(self._secured(certificates) if certificates else ())

    def start(self, **settings):
        """Tells the stack's plugin its address, and these settings of it; the daemon starts after this."""
        self._stack.change_profile((PLUGIN, f"{PLUGIN}    config: {json.dumps({'url': self.url, 'delay': INTERVAL, **settings})}\n"))
        wait_for("Prometheus", lambda: self.ask("vector(1)"), 20)
        self._thread.start()

    def stop(self):
        self._over.set()
        if self._thread.ident:
            self._thread.join(10)
        if self._server.poll() is None:
            self._server.kill()
            self._server.wait(10)

    def ask(self, promql):
        """The series; None when it does not answer."""
        with contextlib.suppress(OSError):
            url = f"{self.url}/api/v1/query?" + urllib.parse.urlencode({"query": promql})
            with urllib.request.urlopen(url, timeout=2, context=self._trust) as reply:
                return json.load(reply)["data"]["result"]

    def _run(self, more):
        file = self._folder / "prometheus.yml"
        file.write_text(json.dumps({
            "global": {"scrape_interval": INTERVAL, "scrape_timeout": INTERVAL},
            "scrape_configs": [{"job_name": "demo", "file_sd_configs": [
                {"files": [str(self._targets)], "refresh_interval": "1s"}]}]}))
        with open(self._folder / "log", "wb") as log:
            return subprocess.Popen(
                ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={self._folder / 'data'}",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn", *more], cwd=self._folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _secured(self, certificates):
        certificates.issue("server")
        certificates.issue("slipway")
        file = self._folder / "web.yml"
        file.write_text(json.dumps({"tls_server_config": {
            "cert_file": certificates.file("server.pem"), "key_file": certificates.file("server.key"),
            "client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": certificates.file("authority.pem")}}))
        self._trust = ssl.create_default_context(cafile=certificates.file("authority.pem"))
        self._trust.load_cert_chain(certificates.file("slipway.pem"), certificates.file("slipway.key"))
        return (f"--web.config.file={file}",)

    def _follow(self):
        """Keeps the targets to the replicas that run. Their ports stand in their environment."""
        while not self._over.wait(0.1):
            told = json.dumps([{"targets": [f"127.0.0.1:{port}" for port in sorted(self._ports())]}])
            if told != self._targets.read_text():
                fresh = self._targets.with_name("targets.new")
                fresh.write_text(told)
                fresh.rename(self._targets)

    def _ports(self):
        for pid in self._stack.replicas():
            with contextlib.suppress(OSError):
                environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
                yield from (entry[5:].decode() for entry in environment if entry.startswith(b"PORT="))
