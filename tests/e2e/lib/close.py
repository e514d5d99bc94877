"""Asks the windows of a title to close, as a window manager does when a person presses its cross.

    python3 close.py TITLE

Ends with 0 when at least one was asked.
"""

import ctypes
import sys

x11 = ctypes.CDLL("libX11.so.6")
CLIENT_MESSAGE = 33
Window = ctypes.c_ulong


class ClientMessage(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int), ("display", ctypes.c_void_p),
        ("window", Window), ("message_type", ctypes.c_ulong), ("format", ctypes.c_int), ("data", ctypes.c_long * 5),
        # An XEvent is a union that is longer than this part of it.
        ("rest", ctypes.c_long * 24),
    ]


x11.XOpenDisplay.restype = ctypes.c_void_p
x11.XDefaultRootWindow.restype = Window
x11.XInternAtom.restype = ctypes.c_ulong


def children(display, window):
    root, parent, listed, count = Window(), Window(), ctypes.POINTER(Window)(), ctypes.c_uint()
    x11.XQueryTree(
        display, Window(window), ctypes.byref(root), ctypes.byref(parent), ctypes.byref(listed), ctypes.byref(count)
    )
    return [listed[index] for index in range(count.value)]


def title(display, window):
    name = ctypes.c_char_p()
    found = x11.XFetchName(display, Window(window), ctypes.byref(name))
    return (name.value or b"").decode("utf-8", "replace") if found else ""


def main(wanted):
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    protocols, delete = (x11.XInternAtom(display, name, 0) for name in [b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"])
    asked = 0
    left = [x11.XDefaultRootWindow(display)]
    while left:
        window = left.pop()
        left.extend(children(display, window))
        if title(display, window) == wanted:
            event = ClientMessage(CLIENT_MESSAGE, 0, 1, None, window, protocols, 32, (ctypes.c_long * 5)(delete, 0))
            asked += x11.XSendEvent(display, Window(window), 0, ctypes.c_long(0), ctypes.byref(event))
    x11.XSync(display, 0)
    return 0 if asked else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
