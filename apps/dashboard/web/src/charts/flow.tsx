/** Where money came from and where it went: spending by category, and the flow of a period. */

import { sankey, sankeyJustify, sankeyLinkHorizontal } from "d3-sankey";
import { arc, pie } from "d3-shape";
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";

import { moneyText, percent, t } from "../lib/i18n";
import { useWidth } from "../lib/measure";
import { fromMinor, height as heightOf, minor, type Money } from "../lib/money";
import { go } from "../lib/router";
import { Amount } from "../ui/basics";

export type Share = { key: string; name: string; money: Money; href?: string };

const SLICES = 7;
const GREY = 7;

/** The largest shares, and the rest as one. */
export function largest(shares: Share[], rest: string): Share[] {
  const sorted = [...shares].sort((a, b) => (minor(b.money) > minor(a.money) ? 1 : -1));
  if (sorted.length <= SLICES + 1) return sorted;
  const others = sorted.slice(SLICES);
  return [...sorted.slice(0, SLICES), { key: "", name: rest, money: totalOf(others) }];
}

export const totalOf = (shares: Share[]): Money =>
  fromMinor(
    shares.reduce((sum, one) => sum + minor(one.money), 0n),
    shares[0]?.money.currency ?? "EUR",
  );

const hueOf = (share: Share, index: number): number => (share.key ? index % GREY : GREY);

export function Donut({ shares, label, caption }: { shares: Share[]; label: string; caption: string }): VNode {
  const total = totalOf(shares);
  const slices = pie<Share>()
    .value((one) => heightOf(one.money))
    .sort(null)
    .padAngle(0.022)(shares);
  const path = arc<(typeof slices)[number]>().innerRadius(78).outerRadius(102).cornerRadius(4);
  return (
    <>
      <div class="donut">
        <svg viewBox="-104 -104 208 208" role="img" aria-label={label}>
          {slices.map((slice, index) => (
            <path
              key={slice.data.key}
              class={`slice hue-${hueOf(slice.data, index)}`}
              d={path(slice) ?? ""}
              onClick={() => slice.data.href && go(slice.data.href)}
            />
          ))}
        </svg>
        <p class="donut-middle">
          <strong>
            <Amount money={total} whole />
          </strong>
          <span>{caption}</span>
        </p>
      </div>
      <ul class="legend">
        {shares.map((one, index) => (
          <li key={one.key}>
            <LegendRow share={one} hue={hueOf(one, index)} of={total} />
          </li>
        ))}
      </ul>
    </>
  );
}

function LegendRow({ share, hue, of }: { share: Share; hue: number; of: Money }): VNode {
  const inside = (
    <>
      <span class={`swatch hue-${hue}`} aria-hidden="true" />
      <span class="legend-name">
        {share.name} <span class="legend-share">{percent(heightOf(share.money) / heightOf(of))}</span>
      </span>
      <Amount money={share.money} />
    </>
  );
  if (!share.href) return <span class="legend-row">{inside}</span>;
  return (
    <a class="legend-row" href={share.href}>
      {inside}
    </a>
  );
}

type Node = { id: string; share: Share; side: "in" | "middle" | "out"; hue: number };
type Link = { source: string; target: string; value: number; hue: number };
type Sides = { sources: Share[]; uses: Share[]; middle: string };

/** Sources on one side, uses on the other; both sides are equally high. */
export function Flow({ sources, uses, middle, label }: Sides & { label: string }): VNode {
  const { box, width } = useWidth<HTMLDivElement>();
  const height = Math.max(240, Math.max(uses.length, sources.length) * 36);
  const drawn = useMemo(
    () => (width > 0 ? layout({ sources, uses, middle }, width, height) : null),
    [sources, uses, middle, width, height],
  );
  const path = sankeyLinkHorizontal<Node, Link>();
  return (
    <div class="chart flow" ref={box} role="group" aria-label={label}>
      {drawn && (
        <svg width={width} height={height}>
          <g aria-hidden="true">
            {drawn.links.map((one) => (
              <path
                key={`${(one.source as Node).id}>${(one.target as Node).id}`}
                class={`flow-link hue-${one.hue}`}
                d={path(one) ?? ""}
                stroke-width={Math.max(1, one.width ?? 1)}
              />
            ))}
          </g>
          {drawn.nodes.map((one) => (
            <FlowNode key={one.id} node={one} width={width} />
          ))}
        </svg>
      )}
    </div>
  );
}

type Placed = Node & { x0?: number; x1?: number; y0?: number; y1?: number };

function FlowNode({ node, width }: { node: Placed; width: number }): VNode {
  const { x0 = 0, x1 = 0, y0 = 0, y1 = 0, share, side, hue } = node;
  const isNarrow = width < 480;
  const isOut = side === "out";
  const name = isNarrow && side === "middle" ? "" : shortened(share.name, isNarrow ? 11 : 26);
  const inside = (
    <>
      <rect class={`flow-node hue-${hue}`} x={x0} y={y0} width={x1 - x0} height={Math.max(2, y1 - y0)} rx="3" />
      <text
        class="flow-label"
        x={isOut ? x0 - 8 : x1 + 8}
        y={(y0 + y1) / 2}
        dy="0.34em"
        text-anchor={isOut ? "end" : "start"}
      >
        {name} <tspan class="private">{moneyText(share.money, { whole: true })}</tspan>
      </text>
    </>
  );
  // What is read out has the words that are seen: whoever steers by voice says those.
  const said = `${share.name} ${moneyText(share.money, { whole: true })}`;
  const { href } = share;
  if (!href)
    return (
      <g role="img" aria-label={said}>
        {inside}
      </g>
    );
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(href);
  };
  return (
    <a href={href} aria-label={said} onClick={follow}>
      {inside}
    </a>
  );
}

const shortened = (name: string, most: number): string =>
  name.length > most ? `${name.slice(0, most - 1)}…` : name;

function layout({ sources, uses, middle }: Sides, width: number, height: number) {
  const whole = { key: "middle", name: middle, money: totalOf(sources) };
  const nodes: Node[] = [
    ...sources.map((share, index): Node => ({ id: `in ${share.key}`, share, side: "in", hue: sourceHue(share, index) })),
    { id: "middle", share: whole, side: "middle", hue: 0 },
    ...uses.map((share, index): Node => ({ id: `out ${share.key}`, share, side: "out", hue: hueOf(share, index) })),
  ];
  const links = nodes
    .filter((one) => one.side !== "middle")
    .map((one): Link => {
      const [source, target] = one.side === "in" ? [one.id, "middle"] : ["middle", one.id];
      return { source, target, value: heightOf(one.share.money), hue: one.hue };
    });
  const place = sankey<Node, Link>()
    .nodeId((one) => one.id)
    .nodeAlign(sankeyJustify)
    .nodeWidth(9)
    .nodePadding(16)
    .nodeSort(null)
    .linkSort(null)
    .extent([
      [1, 10],
      [width - 1, height - 10],
    ]);
  return place({ nodes, links });
}

/** Income is green; what was taken from savings to pay for more than came in is grey. */
const sourceHue = (share: Share, index: number): number => (share.key === "saved" || !share.key ? GREY : index % 2 ? 5 : 6);

/** The same flow as a table. */
export function FlowTable({ sources, uses }: { sources: Share[]; uses: Share[] }): VNode {
  return (
    <table class="data">
      <FlowPart title={t("flow.in")} shares={sources} />
      <FlowPart title={t("flow.out")} shares={uses} />
    </table>
  );
}

function FlowPart({ title, shares }: { title: string; shares: Share[] }): VNode {
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" colSpan={2} class="group">
          {title}
        </th>
      </tr>
      {shares.map((one) => (
        <tr key={one.key}>
          <th scope="row">{one.href ? <a href={one.href}>{one.name}</a> : one.name}</th>
          <td class="end">
            <Amount money={one.money} />
          </td>
        </tr>
      ))}
    </tbody>
  );
}
