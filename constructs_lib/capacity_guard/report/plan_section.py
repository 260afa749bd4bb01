"""The section of a table on the page of a plan: what to deploy, cost, stages, hours of the week, worst hour, findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..findings.answer_text import heading as fix_heading
from ..findings.answer_text import sections
from ..planning.plan import DimensionPlan, Money, Stage, TablePlan
from . import plan_formatting, plan_summary
from .html import escape, table
from .page_controls import code_block, figures_fold, fold
from .plan_chart import heat_map, hour_texts, series_chart
from .plan_findings_html import answer_html, findings_html, is_deployed_next

_WIDE, _NARROW = 1040, 400

SECTION_STYLE = """
  .verdict{font-size:1.05rem;font-weight:600} .warn,.warned{font-weight:650} .warn::before{content:"\\26a0\\fe0e  "}
  dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.6rem 0} dt{color:var(--soft)} dd{margin:0}
  h3{font-size:1rem;margin:1.6rem 0 .2rem} h4{font-size:.95rem;margin:1.1rem 0 .2rem}
  .key span{display:inline-block;margin:0 1rem 0 0} .key i{display:inline-block;width:1.1em;height:.75em;margin-right:.4em;
  border-radius:2px} .heat .fits,.key .fits{fill:var(--served);background:var(--served)} .heat .warm,.key .warm{
  fill:var(--redsoft);background:var(--redsoft)} .heat .hot,.key .hot{fill:var(--red);background:var(--red)}
  .heat .unknown,.key .unknown{fill:var(--grid);background:var(--grid)} .key .line{background:var(--ceiling);height:.2em;
  vertical-align:middle} .key .asked{background:var(--demand);height:.2em;vertical-align:middle}
  .key .lost{background:var(--red);opacity:.62} .key .given{background:var(--served)}
  .money{display:flex;flex-wrap:wrap;gap:10px;margin:.6rem 0} .money div{flex:1 1 11rem;background:var(--band);
  border-radius:8px;padding:.6rem .9rem} .money b{display:block;font-size:1.45rem;line-height:1.3;
  font-variant-numeric:tabular-nums;overflow-wrap:anywhere} .money span{font-size:.88rem;color:var(--soft)}
  ol.stages{list-style:none;margin:.6rem 0;padding:0;max-width:64rem} ol.stages li{margin:.5rem 0}
  .bar{display:block;position:relative;height:.8rem;background:var(--band);border-radius:4px;margin:.2rem 0}
  .bar i{position:absolute;top:0;bottom:0;border-radius:4px;background:var(--served)}
  .bar i.least{background:var(--ceiling)}
  .ways{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(24rem,100%),1fr));gap:0 1.5rem} .ways div{min-width:0}
  .page{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.93rem;background:var(--band);border-radius:8px;
  padding:.8rem 1rem;margin:.5rem 0} .fix{border-bottom:1px solid var(--grid);padding-bottom:.5rem}
  .place{color:var(--soft);font-size:.93rem;margin:0}
  @media(min-width:721px){table.dimensions th,table.dimensions td.n{white-space:nowrap} table.dimensions td:first-child{
  min-width:11em;max-width:22em} table.dimensions td:nth-child(2){min-width:9.5em} table.dimensions td:nth-child(3){
  min-width:7em} table.dimensions td:nth-child(7){min-width:19em} table.dimensions td:nth-child(n+2){overflow-wrap:normal}}
  @media(max-width:720px){dl{grid-template-columns:1fr;gap:0} dd{margin-bottom:.4rem}}
"""


def section(planned: TablePlan, charts: list[dict[str, Any]] | None, depth: int) -> list[str]:
    """The parts of a table's section in their order, below the verdict.

    Args:
        planned: the plan of the table.
        charts: data of the page's charts, to which those of the table are added; ``None`` for no charts.
        depth: level of its headings.
    """
    heading, below = f"h{depth}", f"h{depth + 1}"
    body = [*_deploy_next(planned, heading)]
    if not plan_formatting.unchanged(planned):
        body += _cost(planned, heading)
        body += _stages(planned, heading)
        if charts is not None:
            if any(hour is not None for hour in planned.hours):
                body += _heat_map(planned, charts, heading)
            body += _charts(planned, charts, heading, below)
    if planned.findings:
        body += [f"<{heading}>Findings</{heading}>", *findings_html(planned.findings, planned.answers)]
    if not plan_formatting.unchanged(planned):
        body += [f"<{heading}>Figures</{heading}>", _dimensions(planned)]
        if plan_formatting.has_range(planned):
            body.append(f'<p class="soft">{plan_formatting.RANGE}</p>')
    return [*body, _facts(planned)]


def _deploy_next(planned: TablePlan, heading: str) -> Iterator[str]:
    """The fixes of what is refused, by deployments; the change itself where nothing is refused."""
    if plan_formatting.unchanged(planned) and not planned.refused:
        return
    yield f"<{heading}>What to deploy next</{heading}>"
    fixes = [
        (found, answer)
        for found, answer in sections(planned.findings, planned.answers)
        if answer is not None and is_deployed_next(found, answer)
    ]
    for found, answer in fixes:
        title = fix_heading(found, answer)
        yield f'<p class="soft">{escape(title[:1].upper() + title[1:])}</p>{answer_html(answer)}'
    if fixes:
        return
    if planned.refused:
        yield "<p>Nothing yet: no change of the capacity alone resolves the findings below. Each has its fix.</p>"
    else:
        yield (
            "<p>This change, as it is declared"
            + escape(plan_formatting.fitting_hours(planned).replace("; ", ": ", 1))
            + ".</p>"
            + code_block("cdk deploy")
        )


def _cost(planned: TablePlan, heading: str) -> Iterator[str]:
    money = planned.money
    yield f"<{heading}>Cost a month</{heading}>"
    if money is None or not planned.recorded:
        yield "<p>Not known: no traffic was recorded.</p>"
        return
    boxes = [
        ("nothing" if money.before is None else plan_formatting.month(money.before), "before the change"),
        (plan_formatting.month(money.after), "after it"),
        (plan_summary.difference_text(money.difference), _difference_label(money)),
    ]
    if units := sum(money.warm.units.values()):
        price = "unknown" if money.warm.price is None else f"{money.warm.price:,.2f}"
        boxes.append((price, f"once, for {units:,} units/s more warm throughput"))
    cells = "".join(
        f"<div><b>{escape(value)}</b><span>{escape(label)}</span></div>" for value, label in boxes
    )
    yield f'<div class="money">{cells}</div><p class="soft">{escape(_prices(money))}</p>'


def _difference_label(money: Money) -> str:
    percent = plan_summary.percent_text(money)
    return f"difference, {percent}" if percent else "difference"


def _prices(money: Money) -> str:
    region = money.prices.region + (
        f", in place of {money.prices.instead_of}" if money.prices.instead_of else ""
    )
    return (
        f"{money.prices.currency}, for the recorded traffic. Prices of {region}, oldest {money.prices.oldest.isoformat()}; "
        "reserved capacity and savings plans not counted."
        + (" No source has the price of warm throughput: --prices gives it." if _unpriced(money) else "")
    )


def _unpriced(money: Money) -> bool:
    return bool(sum(money.warm.units.values())) and money.warm.price is None


def _stages(planned: TablePlan, heading: str) -> Iterator[str]:
    if not planned.stages:
        return
    shortest, longest = planned.minutes
    yield f"<{heading}>Stages: {escape(plan_formatting.span(shortest, longest))} minutes</{heading}>"
    items, passed = [], 0.0
    for stage in planned.stages:
        items.append(_stage(stage, passed, longest or 1.0))
        passed += stage.longest
    yield f'<ol class="stages">{"".join(items)}</ol>'
    yield (
        '<p class="key soft"><span><i class="line"></i>shortest</span><span><i class="given"></i>longest; '
        "each bar begins where the stages before it have taken their longest</span></p>"
    )


def _stage(stage: Stage, passed: float, longest: float) -> str:
    minutes = f"{plan_formatting.span(stage.shortest, stage.longest)} min"
    bars = "".join(
        f'<i class="{style}" style="left:{100 * passed / longest:.2f}%;width:{100 * length / longest:.2f}%"></i>'
        for style, length in (("most", stage.longest), ("least", stage.shortest))
    )
    note = f' <small class="soft">{escape(stage.note)}</small>' if stage.note else ""
    return f'<li><b>{escape(stage.name)}</b> {minutes}{note}<span class="bar">{bars}</span></li>'


def _charts(planned: TablePlan, charts: list[dict[str, Any]], heading: str, below: str) -> Iterator[str]:
    """The chart of the dimension with the worst hour; those of the others in a fold."""
    drawn = [d for d in planned.dimensions if d.series is not None and d.peak is not None and d.peak.units]
    if not drawn:
        return
    moved = any(d.series is not None and d.series.bounds for d in drawn)
    worst, *others = sorted(drawn, key=lambda d: -(d.worst.share if d.worst else 0.0))
    yield f"<{heading}>The worst hour: {escape(worst.dimension.label)}</{heading}>"
    yield from _chart(planned, worst, charts)
    yield (
        '<p class="key soft"><span><i class="asked"></i>demand, retries included</span><span><i class="given"></i>'
        'served</span><span><i class="lost"></i>throttled</span><span><i class="line"></i>limit</span>'
        + ("<span>dashed: bounds as scheduled actions move them</span>" if moved else "")
        + "</p>"
    )
    if others:
        body: list[str] = []
        for dimension in others:
            body.append(f"<{below}>{escape(dimension.dimension.label)}</{below}>")
            body += _chart(planned, dimension, charts)
        names = ", ".join(dimension.dimension.label for dimension in others)
        yield fold(f"The other dimensions: {escape(names)}", "".join(body))


def _chart(planned: TablePlan, dimension: DimensionPlan, charts: list[dict[str, Any]]) -> list[str]:
    series = dimension.series
    assert series is not None
    caption = plan_formatting.caption(planned, dimension)
    label = f"{dimension.dimension.label}: {caption}"
    charts.append({**series.to_json(), "start": int(series.start.timestamp() * 1000)})
    drawings = (
        f'<div class="{style}">'
        + series_chart(series, width, height, access=dimension.dimension.access, label=label)
        + "</div>"
        for style, width, height in (("wide", _WIDE, 230), ("narrow", _NARROW, 200))
    )
    return [
        f'<p class="soft">{escape(caption)}</p>',
        f'<figure data-chart="{len(charts) - 1}">{"".join(drawings)}</figure>',
        figures_fold(len(charts) - 1, "The minutes of this chart as a table, units per second"),
    ]


def _heat_map(planned: TablePlan, charts: list[dict[str, Any]], heading: str) -> list[str]:
    key = "".join(
        f'<span><i class="{style}"></i>{text}</span>'
        for style, text in (
            ("fits", f"fits: {plan_formatting.share(planned.budget)} of the units at most"),
            ("warm", "throttles"),
            ("hot", "throttles 1 % and more"),
            ("unknown", "not recorded"),
        )
    )
    title = f"When {plan_formatting.start_name(planned)} fits"
    later = plan_formatting.later_throttling(planned)
    charts.append({"hours": hour_texts(planned)})
    return [
        f"<{heading}>{title}</{heading}>",
        '<p class="soft">The worst start in each hour of the week, UTC; its share of units throttled, beyond today, until an '
        f"hour after the change.{f' <b>{later}</b>' if later else ''}</p>",
        f'<figure data-chart="{len(charts) - 1}"><div class="wide">{heat_map(planned, _WIDE, title)}</div><div class="narrow">'
        f'{heat_map(planned, _NARROW, title)}</div></figure><p class="key soft">{key}</p>',
        figures_fold(len(charts) - 1, "The hours as a table"),
    ]


def _dimensions(planned: TablePlan) -> str:
    heads = (
        "",
        "deployed",
        "declared",
        "peak/s",
        "serves/s",
        "headroom",
        plan_formatting.throttling_heading(planned),
    )
    rows = []
    for dimension in planned.dimensions:
        lost = escape(plan_formatting.throttled_units(dimension))
        if dimension.worst is not None and not dimension.worst.within:
            lost = f'<span class="no">{lost}</span>'
        details = escape(plan_formatting.throttling_details(planned, dimension))
        rows.append(
            (
                f"<b>{escape(dimension.dimension.label)}</b>",
                escape(dimension.deployed),
                escape(dimension.declared),
                "" if dimension.peak is None else plan_formatting.rate(dimension.peak.units),
                plan_formatting.rate(dimension.limit),
                plan_formatting.headroom(dimension),
                ", ".join(filter(None, (lost, details))),
            )
        )
    return table(heads, rows, numbers={3, 4, 5}, style="dimensions")


def _facts(planned: TablePlan) -> str:
    styles = {"way back": plan_formatting.way_back_tone(planned)}
    # Cost and stages have their own places.
    shown = [pair for pair in plan_formatting.facts(planned) if pair[0] not in ("cost", "minutes")]
    if not plan_formatting.unchanged(planned):
        shown.insert(0, ("in detail", plan_formatting.verdict(planned)))
    entries = "".join(
        f'<dt>{name}</dt><dd><span class="{styles.get(name, "")}">{escape(text)}</span></dd>'
        for name, text in shown
    )
    return f"<dl>{entries}</dl>"


__all__ = ["SECTION_STYLE", "section"]
