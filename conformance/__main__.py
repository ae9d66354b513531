"""``python -m conformance`` is ``dds-conformance``."""

from conformance.cli import main

if __name__ == "__main__":
    main()
