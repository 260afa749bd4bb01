"""Controls of a page. Chromium uses them in tests/e2e/test_pictures.py."""

from __future__ import annotations

from capacity_guard.report.page_controls import code_block, figures_fold, fold
from tests.report.plans import page_text


def test_code_of_a_fix_is_broken_between_tokens_and_copied_as_it_is() -> None:
    code = 'indexes={"by_day": Provisioned(read=4_000, write=AutoScaling(minimum=4_800,maximum=4_800))}'
    block = code_block(code)
    assert "Provisioned(<wbr>read=4_000, write=AutoScaling(<wbr>minimum=4_800,<wbr>maximum" in block
    assert page_text(block) == code


def test_short_texts_of_a_code_are_not_broken() -> None:
    code = 'rollout=Rollout(change_window=ChangeWindow("Wed 08-12")), record("baselines/production/cell-1/orders.json", "<a>")'
    block = code_block(code)
    assert 'ChangeWindow(<wbr><span class="text">&quot;Wed 08-12&quot;</span>)' in block
    assert "<wbr>&quot;baselines/production/cell-1/orders.json&quot;" in block
    assert page_text(block) == code


def test_folds_are_closed_and_escape_their_plain_texts() -> None:
    assert fold("<b>a</b>", "<p>b</p>", "fix") == (
        '<details class="fix"><summary><b>a</b></summary><p>b</p></details>'
    )
    assert figures_fold(3, "<x>").endswith('data-rows="3"><summary>&lt;x&gt;</summary></details>')
