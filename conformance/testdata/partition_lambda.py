"""Runs the handler of a published partition Lambda, given by its path, without its fixed waiting."""

import importlib.util
import sys
import time

spec = importlib.util.spec_from_file_location("partition_lambda", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
pause = time.sleep
module.time.sleep = lambda seconds: pause(min(seconds, 0.05))
module.lambda_handler({}, None)
