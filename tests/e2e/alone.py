"""Processes of an ordinary user, in a network that leads nowhere but to themselves."""

import ctypes
import fcntl
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile

NOBODY = 65534
_NEW_MOUNTS, _NEW_USER, _NEW_NETWORK = 0x00020000, 0x10000000, 0x40000000
_BIND, _EVERYTHING_BELOW, _PRIVATE = 0x1000, 0x4000, 0x40000
_GET_FLAGS, _SET_FLAGS, _IS_UP = 0x8913, 0x8914, 1
_libc = ctypes.CDLL(None, use_errno=True)


class Alone:
    """Who is root becomes nobody, and sees `folders` at other places, for where they lie may be closed to others. Everybody else
    stays who he is."""

    def __init__(self, *folders):
        self.is_root = os.getuid() == 0
        self.user = NOBODY if self.is_root else os.getuid()
        self._places = pathlib.Path(tempfile.mkdtemp(prefix="slipway-alone-"))
        self._folders = folders
        for number, _ in enumerate(folders):
            (self._places / str(number)).mkdir()
        self.home = self._places / "home"
        self.home.mkdir()
        self.give(self._places)

    def close(self):
        shutil.rmtree(self._places)

    def is_possible(self):
        """Who may make namespaces is the machine's decision."""
        try:
            return subprocess.run(["true"], preexec_fn=self.begin).returncode == 0
        except subprocess.SubprocessError:
            return False

    def place_of(self, path):
        """Where the process sees it."""
        path = pathlib.Path(path)
        for number, folder in enumerate(self._folders if self.is_root else ()):
            if path.is_relative_to(folder):
                return self._places / str(number) / path.relative_to(folder)
        return path

    def give(self, folder):
        """With all that is in it."""
        for path in (folder, *pathlib.Path(folder).rglob("*")):
            os.chown(path, self.user, NOBODY if self.is_root else -1)

    def begin(self):
        """In the new process, before its program."""
        user, group = os.getuid(), os.getgid()
        _demand(_libc.unshare(_NEW_NETWORK | (_NEW_MOUNTS if self.is_root else _NEW_USER)))
        if not self.is_root:
            _write("/proc/self/setgroups", "deny")
            _write("/proc/self/uid_map", f"{user} {user} 1")
            _write("/proc/self/gid_map", f"{group} {group} 1")
        _open_loopback()
        if self.is_root:
            self._show_folders()
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)

    def _show_folders(self):
        _demand(_libc.mount(None, b"/", None, ctypes.c_ulong(_EVERYTHING_BELOW | _PRIVATE), None))
        for number, folder in enumerate(self._folders):
            place = os.fsencode(self._places / str(number))
            _demand(_libc.mount(os.fsencode(folder), place, None, ctypes.c_ulong(_BIND), None))


def _demand(answer):
    if answer != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _write(path, text):
    with open(path, "w") as file:
        file.write(text)


def _open_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags, = struct.unpack("16xh14x", fcntl.ioctl(any_socket, _GET_FLAGS, request))
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _IS_UP))
