"""What callgrind's tool prints is added up by function."""

from bench.instructions import functions

PRINTED = """
--------------------------------------------------------------------------------
Ir
--------------------------------------------------------------------------------
1,234,567 (100.0%)  PROGRAM TOTALS

--------------------------------------------------------------------------------
Ir                  file:function
--------------------------------------------------------------------------------
1,200,000 (97.20%)  /build/Python/generated_cases.c.h:_PyEval_EvalFrameDefault'2 [/usr/bin/python3.13]
   34,000 ( 2.75%)  /build/Include/object.h:_PyEval_EvalFrameDefault'2 [/usr/bin/python3.13]
      567 ( 0.05%)  ???:0x0000000000560310 [/usr/lib/some library.so]
"""


def test_each_function_has_all_its_pieces_and_nothing_is_counted_twice():
    found = functions(PRINTED)

    assert found == {"_PyEval_EvalFrameDefault'2": 1_234_000, "0x0000000000560310": 567}
    assert found.total() == 1_234_567
