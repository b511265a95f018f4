# A Python that has imported what the items need, and runs each item in a
# forked child of itself. Its stdin is the socket of requests. It is given the
# names of the values and the statuses, of an item's own stdin, stdout and stderr
# (empty where it has this one's), and "file" and FILE, or "code", CODE and what
# sets it up.
def pmap_serve():
    import _io
    import _signal as signal  # whose wrapper makes each child touch all of enum
    import atexit
    import gc
    import os
    import sys

    space = globals()
    del space["pmap_serve"]
    values, statuses = sys.argv[1:3]
    files = sys.argv[3:6]
    mode, source, *setup = sys.argv[6:]
    script = source if sys.version_info < (3, 9) else os.path.abspath(source)  # as Python calls what it runs
    requests = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)

    def takes_item(tree):
        """Whether the module's own main is to be called with an item."""
        for node in reversed(tree.body):
            kind = type(node).__name__
            if kind == "Assign" and any(getattr(t, "id", None) == "main" for t in node.targets):
                return True
            if kind == "ImportFrom" and any((a.asname or a.name) == "main" for a in node.names):
                return True
            if kind in ("FunctionDef", "AsyncFunctionDef") and node.name == "main":
                a = node.args
                most = len(a.posonlyargs) + len(a.args)
                takes = bool(most or a.vararg) and most - len(a.defaults) <= 1 and None not in a.kw_defaults
                if kind == "FunctionDef" and takes:
                    return True
                wants = kind != "FunctionDef" or most or a.vararg or a.kwonlyargs
                if wants and not names_main(tree):
                    sys.exit(f"{source}, line {node.lineno}: main can't be called as main(item), and nothing else calls it")
                return False
        return False

    def names_main(tree):
        """Whether a script does something with its main."""
        import ast
        return any(isinstance(node, ast.Name) and node.id == "main" for node in ast.walk(tree))

    def load_module(code):
        name = os.path.splitext(os.path.basename(source))[0]
        module = type(sys)(name)
        module.__file__ = script
        sys.modules[name] = module
        exec(code, module.__dict__)

        def call(item):
            result = module.main(item)
            if result is not None:
                print(result)
        return call

    def load_script(code):
        def call(item):
            exec(code, space)
        return call

    def load_file():
        with open(source, "rb") as f:
            tree = compile(f.read(), script, "exec", 0x400)  # only parsed
        sys.path[0] = os.path.dirname(os.path.abspath(source))
        sys.argv[:] = [source]
        code = compile(tree, script, "exec")
        if takes_item(tree):
            return load_module(code)
        space["__file__"] = script
        return load_script(code)

    def load_code():
        sys.argv[:] = ["-c"]
        exec(compile(setup[0], "<setup>", "exec"), space)
        code = compile(source, "<string>", "exec")

        def call(item):
            space["item"] = item
            exec(code, space)
        return call

    def foreign(traceback):
        """The part of a traceback that isn't this program's."""
        while traceback is not None and traceback.tb_frame.f_code in own:
            traceback = traceback.tb_next
        return traceback

    def show(e):
        e.with_traceback(foreign(e.__traceback__))
        sys.excepthook(type(e), e, e.__traceback__)

    own = {f.__code__ for f in (load_module, load_script, load_file, load_code)}
    own.add(sys._getframe().f_code)
    stdout = os.dup(1)
    os.dup2(2, 1)  # what is printed once is no item's
    try:
        call = load_file() if mode == "file" else load_code()
    except Exception as e:
        show(e)
        sys.exit(1)
    for stream in sys.stdout, sys.stderr:
        stream.flush()
    os.dup2(stdout, 1)
    os.close(stdout)

    def flush_files(candidates):
        """Writes what files among these objects hold back, as their ends would;
        errors show no more than there."""
        for f in candidates:
            if issubclass(type(f), _io._IOBase):
                try:
                    f.flush()
                except Exception:
                    pass

    gc.collect()
    shared = [f for f in gc.get_objects() if issubclass(type(f), _io._IOBase)]
    flush_files(shared)  # once, not again by each child
    gc.freeze()  # the children's collector leaves alone what they share
    busy = leaving = False

    def leave(number, frame):
        nonlocal leaving
        leaving = True
        if not busy:
            sys.exit()

    handlers = []
    for number in signal.SIGINT, signal.SIGTERM:
        if signal.getsignal(number) != signal.SIG_IGN:
            handlers.append((number, signal.signal(number, leave)))
    words = len(sys.argv)
    statuses = os.open(statuses, os.O_WRONLY)

    def take():
        """Makes what pmap says of the item this program's, which costs less
        than to do it in each child, where all that is touched is copied."""
        f = os.open(values, os.O_RDONLY)
        size = os.fstat(f).st_size
        data = b""
        while len(data) < size:
            data += os.read(f, size - len(data))
        os.close(f)
        parts = data.split(b"\0")
        count = 1 + int(parts[0])
        for pair in parts[1:count]:
            name, _, value = pair.partition(b"=")
            os.environb[name] = value
        sys.argv[words:] = [os.fsdecode(parts[count])]

    def disown():
        """The child takes its own files, and leaves to its parent what that has
        begun."""
        os.close(requests)
        os.close(statuses)
        for fd, name in enumerate(files):
            if name:
                f = os.open(name, os.O_WRONLY if fd else os.O_RDONLY)
                os.dup2(f, fd)
                os.close(f)
        atexit._clear()
        if "weakref" in sys.modules:
            finalize = sys.modules["weakref"].finalize
            for f in list(finalize._registry):
                f.atexit = False
            finalize._registered_with_atexit = False
        for number, handler in handlers:
            signal.signal(number, handler)
        terminal = os.isatty(1)
        for stream in sys.stdout, sys.__stdout__:
            if getattr(stream, "line_buffering", terminal) != terminal:
                stream.reconfigure(line_buffering=terminal)

    def attempt(action, *args):
        """Runs a step of the child and returns the exit status of it."""
        try:
            action(*args)
            return 0
        except SystemExit as e:
            if e.code is None or isinstance(e.code, int):
                return (e.code or 0) & 0xff
            print(e.code, file=sys.stderr)
            return 1
        except BaseException as e:
            show(e)
            return -signal.SIGINT if isinstance(e, KeyboardInterrupt) else 1

    def finish():
        """What the interpreter's own end would do."""
        if "threading" in sys.modules:
            sys.modules["threading"]._shutdown()
        atexit._run_exitfuncs()

    def flush():
        code = 0
        for stream in sys.stdout, sys.stderr:
            try:
                stream.flush()
            except Exception:
                code = 120
        return code

    def child():
        disown()
        code = attempt(call, sys.argv[-1])
        attempt(finish)
        flush_files(shared)
        flush_files(gc.get_objects())  # but for what is frozen
        code = flush() or code
        if code < 0:
            signal.signal(-code, signal.SIG_DFL)
            os.kill(os.getpid(), -code)
        os._exit(code & 0xff)

    own.update(f.__code__ for f in (call, attempt, child))
    os.write(statuses, b"ready\n")
    while not leaving and os.read(requests, 1):
        busy = True
        take()
        pid = os.fork()
        if pid == 0:
            try:
                child()
            finally:
                os._exit(1)
        status = os.waitpid(pid, 0)[1]
        os.write(statuses, b"%d\n" % status)
        busy = False


pmap_serve()
