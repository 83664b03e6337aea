# SPDX-License-Identifier: MIT
"""gdb commands that show coroutines of Rondo, in a live process or a core:

    (gdb) source /usr/local/share/rondo/gdb/rondo.py
    (gdb) rondo tasks          # every task of every loop, with what it waits for
    (gdb) rondo stack          # the same, and below each task its stack of coroutines
    (gdb) rondo stack receive  # only of tasks whose name or wait holds that word

Needs the debug information of the program (-g; with -g1 there are no types). It finds the loops
that a thread is in; of others, and where the library itself has none, say which one is meant:

    (gdb) set $rondo_loop = loop.get()

Runs nothing in the process, so it works where everything stands still.

    Loop -> root scope -> TaskContext -> suspended_ = the innermost frame
                              |             promise.where_         its function, file and line
                              |             promise.continuation_  the frame that awaits it
                              +-> waiting_ = what it waits for: its dynamic type says what
"""

import re

import gdb

# What waits on a descriptor: rondo::Op is the beginning of each of these.
OPERATIONS = ("Accept", "Connect", "Receive", "Read", "Send", "SendAll", "SendGather", "Shutdown",
              "WaitFd::Poll")
TASK_LIMIT = 1000000  # a broken list would go on for ever


def types(name):
    return gdb.lookup_type("rondo::" + name)


def address(value):
    return int(value.cast(gdb.lookup_type("unsigned long")))


def pointer_at(where):
    """The word that is stored there."""
    return int(gdb.Value(where).cast(gdb.lookup_type("unsigned long").pointer()).dereference())


def nodes(a_list, node_type):
    """What an intrusive rondo::List holds, as pointers to its nodes."""
    head = a_list["head_"]
    node = head["next_"]
    for _ in range(TASK_LIMIT):
        if address(node) in (0, address(head.address)):
            return
        yield node.cast(node_type.pointer())
        node = node["next_"]


def atomic(value):
    """What a std::atomic holds."""
    for field in ("_M_i", "_M_p", "_M_b"):
        try:
            value = value[field]
        except gdb.error:
            continue
        return atomic(value)
    return value


def text(value):
    try:
        return value.string()
    except gdb.error:
        return "?"


CALL_OF_A_LAMBDA = "::(anonymous class)::operator()"  # as clang writes it


def beginning_of(name, brackets):
    """Where the bracket begins that `name` ends with."""
    depth = 0
    for begin in range(len(name) - 1, -1, -1):
        depth += {brackets[1]: 1, brackets[0]: -1}.get(name[begin], 0)
        if depth == 0:
            return begin
    return 0


def without_template_arguments(signature):
    """Those that compilers write as " [with T = int]"."""
    kept, depth = "", 0
    for letter in signature:
        if letter == "[" and (depth or kept.endswith(" ")):
            kept = kept if depth else kept[:-1]
            depth += 1
        if not depth:
            kept += letter
        if letter == "]" and depth:
            depth -= 1
    return kept


def lambda_in(around):
    name = name_in(around)
    return name if name.startswith("lambda in ") else "lambda in " + name


def name_in(signature):
    if signature.endswith(")>"):
        begin = beginning_of(signature, "<>")
        if begin >= 2 and signature[begin - 2:].startswith("::<lambda("):
            return lambda_in(signature[:begin - 2])
    end = signature.rfind(")")
    if end < 0:
        return signature
    rest, parts, call = signature[:beginning_of(signature[:end + 1], "()")], [], CALL_OF_A_LAMBDA
    if rest.endswith(call):
        return lambda_in(rest[:-len(call)])
    while True:
        if rest.endswith(">"):
            rest = rest[:beginning_of(rest, "<>")]
        rest, mark, part = re.fullmatch(r"(?s)(.*?)(::|[ :*&]|^)([^ :*&]*)", rest).groups()
        if parts and not part[:1].isupper():
            break
        parts.insert(0, part)
        if mark != "::":
            break
    return "::".join(parts) or signature


def short_name(signature):
    """As rondo::coroutine_name."""
    return name_in(without_template_arguments(signature))


class Frame:
    """A suspended coroutine: two code pointers, then its promise."""

    HEADER = 16

    def __init__(self, where):
        self.where = where
        promise = gdb.Value(where + self.HEADER).cast(types("TaskPromiseBase").pointer())
        self.promise = promise.dereference()

    def continuation(self):
        return address(self.promise["continuation_"]["_M_fr_ptr"])

    def is_shown(self):
        """What merely stands around somebody's own has no place."""
        return address(self.promise["where_"]["_M_impl"]) != 0

    def __str__(self):
        impl = self.promise["where_"]["_M_impl"].dereference()
        file = text(impl["_M_file_name"]).rsplit("/", 1)[-1]
        name = short_name(text(impl["_M_function_name"]))
        return "%s at %s:%d" % (name, file, int(impl["_M_line"]))


class Task:
    def __init__(self, pointer):
        self.task = pointer.dereference()

    def name(self):
        name = atomic(self.task["name_"])
        return "task" if address(name) == 0 else short_name(text(name))

    def node(self):
        waiting = self.task["waiting_"]
        return None if address(waiting) == 0 else waiting

    def is_away(self):
        return address(atomic(self.task["runner_"])) != address(self.task["home_"])

    def waits_for(self):
        node = self.node()
        if node is None:
            return "ready, or running"
        kind = self.kind(node)
        if kind not in OPERATIONS:
            return kind
        return "%s, fd %d" % (kind, int(node.cast(types("Op").pointer())["slot"]["fd"]))

    @staticmethod
    def kind(node):
        """The class of what is waited for, from the name of its table of virtual functions."""
        table = gdb.execute("info symbol %d" % pointer_at(address(node)), to_string=True)
        found = re.match(r"vtable for (.*?)(<.*)? \+ ", table)
        return found.group(1).replace("rondo::", "") if found else "something"

    def frames(self):
        if self.node() is None and not self.is_queued():
            return
        where = address(self.task["suspended_"]["_M_fr_ptr"])
        outermost = address(self.task["frame_"]["_M_fr_ptr"])
        for _ in range(TASK_LIMIT):
            if where in (0, outermost):
                return
            frame = Frame(where)
            if frame.is_shown():
                yield frame
            where = frame.continuation()

    def is_queued(self):
        """In its loop's ready queue, for its next step."""
        node = self.task.address.cast(types("ReadyNode").pointer())
        return address(node.dereference()["next_"]) != 0 and not bool(self.task["ended_"])

    def children(self):
        """Tasks of the scope that it joins, if that is what it waits for."""
        node = self.node()
        if node is None:
            return
        kind = self.kind(node)
        if kind not in ("Scope::Join", "Scope::AnyDone"):
            return
        scope = node.cast(types(kind).pointer())["scope_"]
        if kind == "Scope::AnyDone" and address(scope["body_"]) != 0:
            return  # the body waits; whoever joins shows the children
        yield from tasks_of(scope)


def tasks_of(scope):
    if address(scope["body_"]) != 0:
        yield Task(scope["body_"])
    context = types("TaskContext")
    for node in nodes(scope["children_"], types("ListNode<rondo::SiblingTag>")):
        yield Task(node.cast(context.pointer()))


def visitors_of(loop):
    context = types("TaskContext")
    for node in nodes(loop["visitors_"], types("Visitor")):
        yield Task(node.cast(context.pointer()))


def loops():
    """Every loop that a thread is in: the library keeps no list of them. And $rondo_loop."""
    found = {}
    given = gdb.convenience_variable("rondo_loop")
    if given is not None:
        found[address(given)] = given
    selected = gdb.selected_thread()
    for thread in gdb.selected_inferior().threads():
        thread.switch()
        frame = gdb.newest_frame()
        while frame is not None:
            loop = this_of(frame)
            if loop is not None:
                found[address(loop)] = loop
            frame = older(frame)
    if selected is not None:
        selected.switch()
    if not found:
        print("No thread is in a loop, or the library was compiled without -g; then\n"
              "  set $rondo_loop = EXPRESSION   # a rondo::Loop*")
    for where in sorted(found):
        yield found[where].dereference()


def older(frame):
    try:
        return frame.older()
    except gdb.error:
        return None


def this_of(frame):
    """The loop of a frame of Loop::turn and the like; None if it is none, or not to be had."""
    if not (frame.name() or "").startswith("rondo::Loop::"):
        return None
    try:
        loop = frame.read_var("this")
        return None if loop.is_optimized_out else loop
    except (ValueError, gdb.error):
        return None


def show(task, depth, stacks, word):
    indent = "  " * depth
    line = "%s: %s" % (task.name(), "on another loop" if task.is_away() else task.waits_for())
    if word in line:
        print("  %s%s" % (indent, line))
        if stacks and not task.is_away():
            for number, frame in enumerate(task.frames()):
                print("  %s  #%d %s" % (indent, number, frame))
    if not task.is_away():
        for child in task.children():
            show(child, depth + 1, stacks, word)


def show_visitor(task, stacks, word):
    line = "%s: %s, of another loop" % (task.name(), task.waits_for())
    if word in line:
        print("  " + line)
        if stacks:
            for number, frame in enumerate(task.frames()):
                print("    #%d %s" % (number, frame))
    for child in task.children():
        show(child, 1, stacks, word)


def show_all(stacks, word):
    for number, loop in enumerate(loops()):
        print("loop %d at %#x" % (number, address(loop.address)))
        for task in tasks_of(loop["root_"]):
            show(task, 0, stacks, word)
        for task in visitors_of(loop):
            show_visitor(task, stacks, word)


class RondoCommand(gdb.Command):
    """Coroutines of Rondo: rondo tasks, rondo stack [WORD]."""

    def __init__(self):
        super().__init__("rondo", gdb.COMMAND_STACK, prefix=True)


class TasksCommand(gdb.Command):
    """All tasks of all loops, with what each waits for."""

    def __init__(self):
        super().__init__("rondo tasks", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        show_all(False, argument.strip())


class StackCommand(gdb.Command):
    """The same with the coroutines of each, the innermost first; WORD picks tasks."""

    def __init__(self):
        super().__init__("rondo stack", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        show_all(True, argument.strip())


RondoCommand()
TasksCommand()
StackCommand()
