"""The subcommands, a module each: `NAME`, `HELP`, `arguments(parser)` and `run(options) -> int`."""
