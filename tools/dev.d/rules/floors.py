# SPDX-License-Identifier: MIT
"""An include points only down; siblings do not see each other."""

from tree import Finding

GROUND = ["base"]
MIDDLE = ["base", "buffer", "coro", "kernel", "loop"]  # what stands on the loop may see all of it
MAY_INCLUDE = {
    "base": [],
    "buffer": GROUND,
    "coro": GROUND,
    "kernel": ["base", "buffer"],
    "loop": ["base", "buffer", "coro", "kernel"],
    "io": MIDDLE,
    "observe": [*MIDDLE, "io", "net", "runtime"],
    "sim": [*MIDDLE, "observe"],
    "net": [*MIDDLE, "io"],
    "runtime": [*MIDDLE, "io", "net"],
    "game": [*MIDDLE, "io", "net", "runtime"],
}
WITHOUT_ABSEIL = ["base", "buffer", "coro"]
PUBLIC_ABSEIL = ["absl/status/status.h", "absl/status/statusor.h"]
BACKENDS = ["select", "poll", "epoll", "uring", "sim"]
KERNEL_HEADERS = {
    "liburing.h": ["uring"],
    "linux/io_uring.h": ["uring"],
    "sys/epoll.h": ["epoll", "uring"],  # io_uring cannot wait for room alone: room_watch.h
    "poll.h": ["poll"],
    "sys/poll.h": ["poll"],
    "sys/select.h": ["select"],
}


def check(tree):
    for source in tree.code:
        if not source.within("include", "lib"):
            continue
        for line, _, name in source.includes:
            for message in _refusals(tree, source, name):
                yield Finding(source.path, line, message, "floors")


def _refusals(tree, source, name):
    floor, backend = _place(source.path)
    if floor and floor not in MAY_INCLUDE:
        yield f"'{floor}' is not a floor: tools/dev.d/rules/floors.py lists them"
        return
    if name in KERNEL_HEADERS and backend not in KERNEL_HEADERS[name]:
        yield f"<{name}> belongs to lib/kernel/{KERNEL_HEADERS[name][0]}/ alone"
    if name.startswith("absl/"):
        if floor in WITHOUT_ABSEIL:
            yield f"{floor} needs only the standard library, not <{name}>"
        elif source.within("include") and name not in PUBLIC_ABSEIL:
            yield f"public headers show only absl::Status and StatusOr, not <{name}>"

    target = tree.resolve(source, name)
    if target is None:
        if name.startswith("rondo/"):
            yield f"there is no {name}"
        return
    target_floor, target_backend = _place(target)
    if source.within("include") and target.parts[0] != "include":
        yield f"a public header includes what is private: {target}"
    if floor and target_floor != floor and target_floor not in MAY_INCLUDE[floor]:
        yield f"{floor} does not see {target_floor or 'the umbrella header'}: {name}"
    if backend and target_backend and target_backend != backend:
        yield f"the {backend} backend does not see its sibling {target_backend}: {name}"


def _place(path):
    """(floor, backend): include/rondo/FLOOR/x.h, lib/FLOOR/x.cc, lib/kernel/BACKEND/x.cc."""
    folders = path.parts[2:-1] if path.parts[0] == "include" else path.parts[1:-1]
    floor = folders[0] if folders else None
    private = path.parts[0] == "lib" and floor == "kernel" and len(folders) > 1
    return floor, folders[1] if private and folders[1] in BACKENDS else None
