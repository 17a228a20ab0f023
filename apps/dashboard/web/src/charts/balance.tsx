/** Balance over time: a line that can be read by pointer, by keyboard and by ear. */

import { useSignal } from "@preact/signals";
import { scaleLinear, scaleUtc } from "d3-scale";
import { area, curveMonotoneX, line } from "d3-shape";
import type { VNode } from "preact";
import { useId, useLayoutEffect, useMemo, useRef } from "preact/hooks";

import type { Point } from "../lib/history";
import { date, moneyText, t } from "../lib/i18n";
import { useWidth } from "../lib/measure";
import { fromMinor, height as heightOf, minor } from "../lib/money";
import { announce } from "../lib/say";
import { Amount } from "../ui/basics";

const HEIGHT = 260;
const TOP = 12;
const BOTTOM = 28;
const WEEK = 7;

const midnight = (day: string): string => `${day}T00:00:00Z`;

export function BalanceChart({
  points,
  label,
  choose,
}: {
  points: Point[];
  /** What the line says, in a sentence. */
  label: string;
  /** Somebody wants to know what was behind a day. */
  choose: (day: string) => void;
}): VNode {
  const { box, width } = useWidth<HTMLDivElement>();
  const at = useSignal<number | null>(null);
  const id = useId();
  const drawn = useMemo(() => (width > 0 ? draw(points, width) : null), [points, width]);
  const index = at.value === null ? -1 : Math.min(at.value, points.length - 1);
  const here = points[index];

  const move = (to: number | null) => {
    at.value = to === null ? null : Math.max(0, Math.min(points.length - 1, to));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && here) {
      event.preventDefault();
      choose(here.day);
      return;
    }
    const from = at.value ?? points.length - 1;
    const far = event.shiftKey ? WEEK : 1;
    // Time runs from left to right in every language.
    const targets: Record<string, number | null> = {
      ArrowLeft: from - far,
      ArrowRight: from + far,
      Home: 0,
      End: points.length - 1,
      Escape: null,
    };
    if (!(event.key in targets) || (event.key === "Escape" && at.value === null)) return;
    event.preventDefault();
    move(targets[event.key]!);
    const point = at.value === null ? undefined : points[at.value];
    if (point) announce(`${date(midnight(point.day), "day", "UTC")}: ${moneyText(point.money)}`, { only: true });
  };
  const nearest = (event: PointerEvent) => {
    if (!drawn || !box.current) return null;
    const left = event.clientX - box.current.getBoundingClientRect().left - drawn.left;
    return Math.round((left / (width - drawn.left - drawn.right)) * (points.length - 1));
  };
  return (
    <div
      class="chart balance-chart"
      ref={box}
      tabIndex={0}
      role="application"
      aria-roledescription={t("chart.role")}
      aria-label={label}
      aria-describedby={`${id}-how`}
      onKeyDown={onKeyDown}
      onPointerMove={(event) => move(nearest(event))}
      onPointerLeave={() => move(null)}
      onBlur={() => move(null)}
      onClick={() => here && choose(here.day)}
    >
      <p class="hidden" id={`${id}-how`}>
        {t("chart.how")}
      </p>
      {drawn && (
        <svg width={width} height={HEIGHT} aria-hidden="true">
          <defs>
            <linearGradient id={`${id}-fade`} x1="0" x2="0" y1="0" y2="1">
              <stop offset="0" class="fade-from" />
              <stop offset="1" class="fade-to" />
            </linearGradient>
          </defs>
          {drawn.ticks.map((tick) => (
            <g key={tick.text}>
              <line
                class={tick.isZero ? "grid zero" : "grid"}
                x1={drawn.left}
                x2={width - drawn.right}
                y1={tick.y}
                y2={tick.y}
              />
              <text class="axis axis-money" x={drawn.left - 10} y={tick.y} dy="0.32em" text-anchor="end">
                {tick.text}
              </text>
            </g>
          ))}
          {drawn.dates.map((tick) => (
            <text class="axis" key={tick.x} x={tick.x} y={HEIGHT - 6} text-anchor="middle">
              {tick.text}
            </text>
          ))}
          <path d={drawn.area} fill={`url(#${id}-fade)`} />
          <path class="line" d={drawn.line} />
          <circle class="now" cx={drawn.end.x} cy={drawn.end.y} r="4.5" />
          {here && (
            <g>
              <line class="cursor" x1={drawn.x(index)} x2={drawn.x(index)} y1={TOP} y2={HEIGHT - BOTTOM} />
              <circle class="here" cx={drawn.x(index)} cy={drawn.y(index)} r="5.5" />
            </g>
          )}
        </svg>
      )}
      {here && drawn && <Tip x={drawn.x(index)} width={width} point={here} />}
    </div>
  );
}

/** Placed through the style object: the page's policy refuses style attributes. */
function Tip({ x, width, point }: { x: number; width: number; point: Point }): VNode {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const own = box.current!.offsetWidth;
    box.current!.style.left = `${Math.max(0, Math.min(width - own, x - own / 2))}px`;
  }, [x, width, point]);
  return (
    <div class="tip" ref={box} aria-hidden="true">
      {date(midnight(point.day), "day", "UTC")}{" "}
      <strong>
        <Amount money={point.money} />
      </strong>
    </div>
  );
}

function draw(points: Point[], width: number) {
  const heights = points.map((point) => heightOf(point.money));
  const low = Math.min(...heights);
  const high = Math.max(...heights);
  const pad = Math.max((high - low) * 0.12, Math.abs(high) * 0.02, 1);
  const bottom = low >= 0 ? Math.max(0, low - pad) : low - pad;
  const y = scaleLinear([bottom, high + pad], [HEIGHT - BOTTOM, TOP]).nice(4);
  const currency = points[0]!.money.currency;
  const unit = minor({ amount: "1", currency });
  const ticks = y
    .ticks(4)
    .filter(Number.isInteger)
    .map((value) => ({
      y: y(value),
      text: moneyText(fromMinor(BigInt(value) * unit, currency), { whole: true }),
      isZero: value === 0,
    }));
  // Letters are as large as the reader has them.
  const letter = (7 * parseFloat(getComputedStyle(document.documentElement).fontSize)) / 16;
  const left = Math.max(3, ...ticks.map((tick) => tick.text.length)) * letter + 14;
  const right = 20;
  const moments = points.map((point) => new Date(midnight(point.day)));
  const x = scaleUtc([moments[0]!, moments.at(-1)!], [left, width - right]);
  const dates = x
    .ticks(Math.max(2, Math.min(6, Math.floor(width / 120))))
    .map((moment) => ({ x: x(moment), text: date(moment, "day", "UTC") }))
    .filter((tick) => tick.x < width - 24 && tick.x > left - 4);
  const atX = (index: number) => x(moments[index]!);
  const atY = (index: number) => y(heights[index]!);
  const indices = points.map((_, index) => index);
  const last = points.length - 1;
  return {
    left,
    right,
    ticks,
    dates,
    x: atX,
    y: atY,
    end: { x: atX(last), y: atY(last) },
    line: line<number>(atX, atY).curve(curveMonotoneX)(indices) ?? "",
    area: area<number>(atX, HEIGHT - BOTTOM, atY).curve(curveMonotoneX)(indices) ?? "",
  };
}

/** The same as a table, for whoever prefers one: the days on which something changed. */
export function BalanceTable({ points }: { points: Point[] }): VNode {
  const rows = points
    .filter((point, index) => index === 0 || minor(point.money) !== minor(points[index - 1]!.money))
    .reverse();
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={t("chart.balance")}>
      <table class="data">
        <thead>
          <tr>
            <th scope="col">{t("chart.day")}</th>
            <th scope="col" class="end">
              {t("chart.balance")}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((point) => (
            <tr key={point.day}>
              <th scope="row">{date(midnight(point.day), "dayYear", "UTC")}</th>
              <td class="end">
                <Amount money={point.money} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A small line without axes; what it shows is said beside it. */
export function Spark({ points, hue }: { points: Point[]; hue: number }): VNode {
  const heights = points.map((point) => heightOf(point.money));
  const low = Math.min(...heights);
  const high = Math.max(...heights);
  const y = scaleLinear([low, high === low ? low + 1 : high], [30, 3]);
  const x = scaleLinear([0, points.length - 1], [1, 119]);
  const path = line<number>((_, index) => x(index), (value) => y(value)).curve(curveMonotoneX)(heights);
  return (
    <svg class={`spark hue-${hue}`} viewBox="0 0 120 33" aria-hidden="true">
      <path d={path ?? ""} />
    </svg>
  );
}
