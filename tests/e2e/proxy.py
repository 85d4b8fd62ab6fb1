"""A network that can be cut: a TCP proxy between a host and its database."""

import contextlib
import socket
import threading


class Proxy:
    """While it is cut, nothing is refused and nothing arrives; what was sent meanwhile arrives afterwards."""

    def __init__(self, port):
        self._target = ("127.0.0.1", port)
        self._whole = threading.Event()
        self._whole.set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._begin(self._accept)

    def cut(self):
        self._whole.clear()

    def heal(self):
        self._whole.set()

    def close(self):
        self.heal()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            self._begin(self._join, client)

    def _join(self, client):
        self._whole.wait()
        with contextlib.suppress(OSError), client, socket.create_connection(self._target) as server:
            back = self._begin(self._carry, server, client)
            self._carry(client, server)
            back.join()

    def _carry(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._whole.wait()
                target.sendall(data)
        self._whole.wait()
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _begin(work, *arguments):
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        thread.start()
        return thread
