"""What a Python program needs for low delay with PyAV: parses, decodes with low-delay flags, writes frames.

usage: pyav_receiver.py PORT PIXEL_FORMAT
"""

import socket
import sys

import av

port, pixel_format = int(sys.argv[1]), sys.argv[2]
codec = av.CodecContext.create("h264", "r")
codec.thread_type = "SLICE"  # frame threads cost a picture of delay each
codec.thread_count = 1
codec.low_delay = True


def show(packets):
    for packet in packets:
        for frame in codec.decode(packet):
            sys.stdout.buffer.write(frame.to_ndarray(format=pixel_format))
            sys.stdout.buffer.flush()


server = socket.create_server(("127.0.0.1", port))
connection, _ = server.accept()
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while data := connection.recv(65536):
    show(codec.parse(data))
show(codec.parse(None))
show([None])
