"""Cuts each line of standard input to so many characters. (cut counts bytes, and leaves half an arrow behind.)"""

import sys


def main():
    width = int(sys.argv[1])
    for line in sys.stdin.buffer.read().decode("utf-8").splitlines():
        sys.stdout.buffer.write(f"{line[:width]}\n".encode())


if __name__ == "__main__":
    main()
