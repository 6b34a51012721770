"""Runs the unittest cases of the calling module and prints TAP, one line a case."""
import sys
import traceback
import unittest


class TapResult(unittest.TestResult):
    count = 0

    def line(self, word, test, note=""):
        self.count += 1
        print(f"{word} {self.count} - {test.id().removeprefix('__main__.')}{note}", flush=True)

    def explain(self, error):
        for line in "".join(traceback.format_exception(*error)).splitlines():
            print("# " + line, flush=True)

    def addSuccess(self, test):
        self.line("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.line("not ok", test)
        self.explain(err)

    def addError(self, test, err):
        super().addError(test, err)
        self.line("not ok", test)
        self.explain(err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.line("not ok", subtest)
            self.explain(err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line("ok", test, f" # SKIP {reason}")


def main():
    names = sys.argv[1:] or None
    module = sys.modules["__main__"]
    loader = unittest.defaultTestLoader
    suite = loader.loadTestsFromNames(names, module) if names else loader.loadTestsFromModule(module)
    result = TapResult()
    suite.run(result)
    print(f"1..{result.count}")
    sys.exit(0 if result.wasSuccessful() and result.count else 1)
