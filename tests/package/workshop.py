"""An installation, and plugins made with it in an empty folder, as somebody does who never saw this tree."""

import json
import os
import pathlib
import shutil
import subprocess

BUILD = pathlib.Path(os.environ["E2E_BUILD"]).resolve()
PLACE = pathlib.Path(os.environ["PACKAGE_PLACE"]).resolve()
PREFIX = PLACE / "prefix"
WORKSHOP = PLACE / "workshop"
SOURCE = pathlib.Path(__file__).resolve().parents[2]
WARNINGS = "-Wall -Wextra -Wshadow -Werror"
GENERATOR = os.environ.get("PACKAGE_GENERATOR", "Ninja")


def environment():
    """Nothing of the caller's but compiler cache and keys; the SDK is found by the PATH, and cargo is Debian's."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("CCACHE_", "SLIPWAY_KEY_"))}
    cache = {"CCACHE_DIR": os.path.expanduser("~/.cache/ccache")}
    return {**quick_builds(), **cache, **kept, "PATH": f"{PREFIX / 'bin'}:/usr/bin:/bin", "LANG": "C.UTF-8",
            "HOME": os.environ.get("HOME", str(PLACE))}


def run(*command, cwd=None, seconds=540, home=None):
    """Its output; AssertionError with the output when it fails."""
    own = {"HOME": str(home)} if home else {}
    done = subprocess.run([str(word) for word in command], cwd=cwd, env={**environment(), **own}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-8000:]}")
    return done.stdout


def install():
    """The build's installation, moved after it was made."""
    made = PLACE / "made"
    for folder in (made, PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
    output = run("cmake", "--install", BUILD, "--prefix", made)
    made.rename(PREFIX)
    return output


def templates():
    """(language, interface) of every template that ships."""
    root = PREFIX / "share/slipway/template"
    return sorted((folder.parent.name, folder.name) for folder in root.glob("*/*") if folder.name != "common")


def id_of(language, interface):
    return f"acme.{interface}-{language}"


def make_plugins(folder, wanted):
    """One project with each of these plugins in a folder of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lines = ["cmake_minimum_required(VERSION 3.25)", "project(workshop LANGUAGES C CXX)", "enable_testing()"]
    for language, interface in wanted:
        name = id_of(language, interface)
        run("slipway", "plugin", "new", name, "--interface", interface, "--lang", language, cwd=folder)
        lines.append(f"add_subdirectory({name})")
    (folder / "CMakeLists.txt").write_text("\n".join(lines) + "\n")


def quick_builds():
    """What CMake takes from the environment: no optimisation, and the compiler cache where there is one."""
    launcher = shutil.which("ccache", path="/usr/bin")
    cache = {f"CMAKE_{language}_COMPILER_LAUNCHER": launcher for language in ("C", "CXX")} if launcher else {}
    return {"CMAKE_BUILD_TYPE": "Dev", "CMAKE_GENERATOR": GENERATOR, **cache}


def build(folder, *options):
    """Without a warning in what the templates say; the SDK's headers are the system's."""
    run("cmake", "-S", folder, "-B", folder / "build", f"-DCMAKE_C_FLAGS={WARNINGS}", f"-DCMAKE_CXX_FLAGS={WARNINGS}", *options)
    run("cmake", "--build", folder / "build", "-j2")


def libraries(folder, suffix):
    return sorted((folder / "build/plugins-root").glob(f"*/*/*{suffix}"))


def manifest_of(library):
    return json.loads((library.parent / "plugin.json").read_text())
