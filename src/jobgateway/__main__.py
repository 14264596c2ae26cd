"""``python -m jobgateway``: the same program as ``jobgateway``."""

from jobgateway.commands.main import main

if __name__ == "__main__":
    main()
