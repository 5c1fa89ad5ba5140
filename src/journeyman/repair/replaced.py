"""What removed and deprecated names became. Only what means the same stands here."""

_ABSTRACT = (
    "Awaitable", "AsyncIterable", "AsyncIterator", "AsyncGenerator", "ByteString", "Callable", "Collection",
    "Container", "Coroutine", "Generator", "Hashable", "ItemsView", "Iterable", "Iterator", "KeysView", "Mapping",
    "MappingView", "MutableMapping", "MutableSequence", "MutableSet", "Reversible", "Sequence", "Set", "Sized",
    "ValuesView",
)  # fmt: skip
_NUMPY = {
    "float": "float", "int": "int", "bool": "bool", "object": "object", "str": "str", "complex": "complex",
    "float_": "numpy.float64", "complex_": "numpy.complex128", "unicode_": "numpy.str_", "string_": "numpy.bytes_",
    "product": "numpy.prod", "cumproduct": "numpy.cumprod", "alltrue": "numpy.all", "sometrue": "numpy.any",
    "in1d": "numpy.isin", "row_stack": "numpy.vstack", "NaN": "numpy.nan", "NAN": "numpy.nan", "Inf": "numpy.inf",
    "Infinity": "numpy.inf", "infty": "numpy.inf", "PINF": "numpy.inf",
}  # fmt: skip

_URLS = ("quote", "quote_plus", "unquote", "unquote_plus", "urlencode")

MOVED: dict[str, str] = {
    **{f"collections.{name}": f"collections.abc.{name}" for name in _ABSTRACT},
    **{f"numpy.{old}": new for old, new in _NUMPY.items()},
    "time.clock": "time.perf_counter",
    "inspect.getargspec": "inspect.getfullargspec",
    "fractions.gcd": "math.gcd",
    "base64.encodestring": "base64.encodebytes",
    "base64.decodestring": "base64.decodebytes",
    "string.letters": "string.ascii_letters",
    "string.lowercase": "string.ascii_lowercase",
    "string.uppercase": "string.ascii_uppercase",
    "os.getcwdu": "os.getcwd",
    "pipes.quote": "shlex.quote",
    "imp.reload": "importlib.reload",
    "typing.io.IO": "typing.IO",
    "typing.io.TextIO": "typing.TextIO",
    "typing.io.BinaryIO": "typing.BinaryIO",
    "typing.re.Pattern": "typing.Pattern",
    "typing.re.Match": "typing.Match",
    "cgi.parse_qs": "urllib.parse.parse_qs",
    "cgi.parse_qsl": "urllib.parse.parse_qsl",
    "locale.format": "locale.format_string",
    "logging.warn": "logging.warning",
    "threading.currentThread": "threading.current_thread",
    "threading.activeCount": "threading.active_count",
    "asyncio.Task.all_tasks": "asyncio.all_tasks",
    "asyncio.Task.current_task": "asyncio.current_task",
    "distutils.core.setup": "setuptools.setup",
    "distutils.core.Extension": "setuptools.Extension",
    "distutils.core.Command": "setuptools.Command",
    "distutils.spawn.find_executable": "shutil.which",
    "distutils.dir_util.remove_tree": "shutil.rmtree",
    "importlib.abc.Traversable": "importlib.resources.abc.Traversable",
    "xml.etree.cElementTree": "xml.etree.ElementTree",
    "itertools.izip": "zip",
    "itertools.imap": "map",
    "itertools.ifilter": "filter",
    "itertools.izip_longest": "itertools.zip_longest",
    "itertools.ifilterfalse": "itertools.filterfalse",
    "string.atoi": "int",
    "string.atof": "float",
    "os.errno": "errno",
    "sys.maxint": "sys.maxsize",
    "operator.isCallable": "callable",
    "operator.sequenceIncludes": "operator.contains",
    "types.StringType": "str",
    "types.IntType": "int",
    "types.ListType": "list",
    "types.DictType": "dict",
    "types.TupleType": "tuple",
    "unittest._TextTestResult": "unittest.TextTestResult",
    "md5.new": "hashlib.md5",
    "md5.md5": "hashlib.md5",
    "sha.new": "hashlib.sha1",
    "sha.sha": "hashlib.sha1",
    "UserDict.UserDict": "collections.UserDict",
    "UserDict.IterableUserDict": "collections.UserDict",
    "UserDict.DictMixin": "collections.abc.MutableMapping",
    "UserList.UserList": "collections.UserList",
    "UserString.UserString": "collections.UserString",
    "urllib.urlopen": "urllib.request.urlopen",
    "urllib.urlretrieve": "urllib.request.urlretrieve",
    **{f"urllib.{name}": f"urllib.parse.{name}" for name in _URLS},
    **{f"urllib2.{name}": f"urllib.error.{name}" for name in ("HTTPError", "URLError")},
    **{f"urllib2.{name}": f"urllib.parse.{name}" for name in _URLS},
}
"""Names, and where the same thing is now; without a module: a built-in."""

MODULES: dict[str, str] = {
    "BaseHTTPServer": "http.server",
    "ConfigParser": "configparser",
    "Cookie": "http.cookies",
    "HTMLParser": "html.parser",
    "Queue": "queue",
    "SimpleHTTPServer": "http.server",
    "SocketServer": "socketserver",
    "StringIO": "io",
    "Tkinter": "tkinter",
    "__builtin__": "builtins",
    "cPickle": "pickle",
    "cStringIO": "io",
    "commands": "subprocess",
    "cookielib": "http.cookiejar",
    "copy_reg": "copyreg",
    "htmlentitydefs": "html.entities",
    "httplib": "http.client",
    "robotparser": "urllib.robotparser",
    "thread": "_thread",
    "urllib2": "urllib.request",
    "urlparse": "urllib.parse",
    "xmlrpclib": "xmlrpc.client",
}
"""Modules of Python 2 that have another name, and all that is in them with it."""


def replacement_of(name: str) -> str:
    """Return what a full name is called now; "" if it still is, or is not known to be anything else."""
    home, _, last = name.rpartition(".")
    new = MOVED.get(name) or (f"{MODULES[home]}.{last}" if home in MODULES else "")
    return new if new != name else ""


CALLS: dict[str, tuple[str, ...]] = {
    "unittest.makeSuite": ("unittest.defaultTestLoader.loadTestsFromTestCase({0})",),
    "cgi.escape": ("html.escape({0}, quote=False)", "import html"),
    "string.maketrans": ("str.maketrans({0}, {1})",),
    "distutils.dir_util.copy_tree": ("shutil.copytree({0}, {1}, dirs_exist_ok=True)", "import shutil"),
    "distutils.dir_util.mkpath": ("os.makedirs({0}, exist_ok=True)", "import os"),
    "distutils.file_util.copy_file": ("shutil.copy({0}, {1})", "import shutil"),
    "pkg_resources.resource_string": (
        "importlib.resources.files({0}).joinpath({1}).read_bytes()",
        "import importlib.resources",
    ),
    "pkg_resources.resource_stream": (
        'importlib.resources.files({0}).joinpath({1}).open("rb")',
        "import importlib.resources",
    ),
    "pkg_resources.resource_filename": (
        "str(importlib.resources.files({0}).joinpath({1}))",
        "import importlib.resources",
    ),
    "pkg_resources.resource_exists": (
        "importlib.resources.files({0}).joinpath({1}).is_file()",
        "import importlib.resources",
    ),
}
"""Calls without keywords, by a template of their arguments, and the imports that it needs."""

ALIASES = {
    "assertEquals": "assertEqual",
    "assertNotEquals": "assertNotEqual",
    "assertAlmostEquals": "assertAlmostEqual",
    "assertNotAlmostEquals": "assertNotAlmostEqual",
    "assertRegexpMatches": "assertRegex",
    "assertNotRegexpMatches": "assertNotRegex",
    "assertRaisesRegexp": "assertRaisesRegex",
    "assertItemsEqual": "assertCountEqual",
    "assert_": "assertTrue",
    "failUnless": "assertTrue",
    "failIf": "assertFalse",
    "failUnlessEqual": "assertEqual",
    "failIfEqual": "assertNotEqual",
    "failUnlessRaises": "assertRaises",
}
"""Second names that unittest had for its own methods."""

ATTRIBUTES = {
    "isAlive": "is_alive",
    "notifyAll": "notify_all",
    "getiterator": "iter",
    "tostring": "tobytes",
    "getchildren": "",
}
"""Methods that are called without arguments, and what the same method is called now; "": the list of its object."""
