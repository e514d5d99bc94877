"""Drags files out of a window of its own and drops them at a point of the display, as a file manager would.

    python3 drag.py X Y FILE [FILE...]

The drag is GTK's (XDND), the pointer is moved through the XTEST extension. Ends with 0 when the drop was taken.
"""

import ctypes
import pathlib
import sys

gtk = ctypes.CDLL("libgtk-3.so.0")
gobject = ctypes.CDLL("libgobject-2.0.so.0")
glib = ctypes.CDLL("libglib-2.0.so.0")
x11 = ctypes.CDLL("libX11.so.6")
xtest = ctypes.CDLL("libXtst.so.6")

BUTTON1_MASK = 1 << 8
ACTION_COPY = 1 << 1
STEP_MS = 40
# The corner of the display where the window of the test is not.
SOURCE_X, SOURCE_Y, SOURCE_SIDE = 1700, 900, 120


class TargetEntry(ctypes.Structure):
    _fields_ = [("target", ctypes.c_char_p), ("flags", ctypes.c_uint), ("info", ctypes.c_uint)]


DataGet = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p)
Ended = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3)
Failed = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
Tick = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)

gtk.gtk_window_new.restype = ctypes.c_void_p
x11.XOpenDisplay.restype = ctypes.c_void_p
gobject.g_signal_connect_data.argtypes = [
    ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int,
]


def connect(widget, signal, handler):
    gobject.g_signal_connect_data(widget, signal, ctypes.cast(handler, ctypes.c_void_p), None, None, 0)


def pointer(display):
    """How to move the pointer and press its button."""

    def move(x, y):
        xtest.XTestFakeMotionEvent(display, -1, int(x), int(y), ctypes.c_ulong(0))
        x11.XFlush(display)

    def button(down):
        xtest.XTestFakeButtonEvent(display, 1, down, ctypes.c_ulong(0))
        x11.XFlush(display)

    return move, button


def course(x, y, move, button):
    """The steps of one drag; None is a moment of rest."""
    start = SOURCE_X + SOURCE_SIDE // 2, SOURCE_Y + SOURCE_SIDE // 2
    yield lambda: move(*start)
    yield lambda: button(1)
    # Past the threshold of a drag, then to the target as a hand would.
    for part in [0.01, 0.02, 0.05, 0.1, 0.3, 0.6, 0.9, 1.0]:
        yield lambda part=part: move(start[0] + (x - start[0]) * part, start[1] + (y - start[1]) * part)
    for shake in [1, 2, 3, 2, 1, 0]:
        yield lambda shake=shake: move(x + shake, y)
        yield None
    yield lambda: button(0)


def main(x, y, files):
    uris = [pathlib.Path(file).resolve().as_uri().encode() for file in files]
    listed = (ctypes.c_char_p * (len(uris) + 1))(*uris, None)
    state = {"failed": False, "asked": False}
    gtk.gtk_init(None, None)
    window = ctypes.c_void_p(gtk.gtk_window_new(0))
    gtk.gtk_window_set_default_size(window, SOURCE_SIDE, SOURCE_SIDE)
    gtk.gtk_window_move(window, SOURCE_X, SOURCE_Y)
    entry = TargetEntry(b"text/uri-list", 0, 0)
    gtk.gtk_drag_source_set(window, BUTTON1_MASK, ctypes.byref(entry), 1, ACTION_COPY)

    @DataGet
    def data_get(_widget, _context, selection, _info, _time, _data):
        state["asked"] = True
        gtk.gtk_selection_data_set_uris(ctypes.c_void_p(selection), listed)

    @Failed
    def failed(_widget, _context, _result, _data):
        state["failed"] = True
        return 1

    @Ended
    def ended(_widget, _context, _data):
        gtk.gtk_main_quit()

    connect(window, b"drag-data-get", data_get)
    connect(window, b"drag-failed", failed)
    connect(window, b"drag-end", ended)
    gtk.gtk_widget_show_all(window)
    steps = course(x, y, *pointer(ctypes.c_void_p(x11.XOpenDisplay(None))))

    @Tick
    def tick(_data):
        step = next(steps, False)
        if step is False:
            return 0
        if step is not None:
            step()
        return 1

    glib.g_timeout_add(STEP_MS, tick, None)
    gtk.gtk_main()
    return 0 if state["asked"] and not state["failed"] else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
