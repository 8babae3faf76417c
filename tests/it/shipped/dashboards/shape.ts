// What a board of ours may be: Grafana's published types, narrowed to the panels, queries and transformations that we
// use, so that an unknown key or a wrong word is an error. A test appends the boards.
import type * as grafana from "@grafana/schema";
import type * as heatmap from "@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen";
import type * as stat from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type * as timeline from "@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen";
import type * as table from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type * as timeseries from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

// JSON holds the word where TypeScript wants the member of an enumeration.
type DeepLit<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: DeepLit<T[K]> } : T;

// The data source's own part of a query: Grafana publishes no types for it.
interface Query {
  datasource: grafana.DataSourceRef;
  editorMode: "code";
  expr: string;
  format: "time_series" | "table" | "heatmap";
  instant: boolean;
  interval?: "1m";
  legendFormat: string;
  range: boolean;
  refId: string;
}

type Transformation =
  | { id: "joinByField"; options: { byField: string; mode: "outer" } }
  | { id: "filterFieldsByName"; options: { include: { names: string[] } } }
  | {
      id: "organize";
      options: {
        excludeByName: Record<string, boolean>;
        indexByName: Record<string, number>;
        renameByName: Record<string, string>;
      };
    };

interface DataLink {
  title: string;
  url: string;
  targetBlank: boolean;
}

type Property =
  | { id: "unit" | "noValue"; value: string }
  | { id: "decimals" | "custom.width"; value: number }
  | { id: "color"; value: grafana.FieldColor }
  | { id: "mappings"; value: grafana.ValueMapping[] }
  | { id: "thresholds"; value: grafana.ThresholdsConfig }
  | { id: "custom.cellOptions"; value: grafana.TableCellOptions }
  | { id: "links"; value: DataLink[] };

interface FieldConfig<Custom> {
  defaults: Omit<grafana.FieldConfig, "custom" | "links"> & { unit: string; noValue: string; custom?: Custom };
  overrides: { matcher: { id: "byName"; options: string }; properties: Property[] }[];
}

interface PanelOf<Type, Options, Custom> {
  datasource: grafana.DataSourceRef;
  description: string;
  fieldConfig: FieldConfig<Custom>;
  gridPos: grafana.GridPos;
  id: number;
  options: Options;
  targets: Query[];
  title: string;
  transformations: Transformation[];
  type: Type;
}

type OurPanel =
  | PanelOf<"stat", stat.Options, never>
  | PanelOf<"table", table.Options, table.FieldConfig>
  | PanelOf<"state-timeline", timeline.Options, timeline.FieldConfig>
  | PanelOf<"timeseries", timeseries.Options, timeseries.FieldConfig>
  | PanelOf<"heatmap", heatmap.Options, heatmap.FieldConfig>;

// What the data source for Prometheus adds to an annotation, which the published type lacks.
interface OfPrometheus {
  expr?: string;
  step?: string;
  titleFormat?: string;
}

interface OurBoard extends Omit<grafana.Dashboard, "panels" | "annotations"> {
  annotations: { list: (grafana.AnnotationQuery & OfPrometheus)[] };
  panels: (OurPanel | grafana.RowPanel)[];
  schemaVersion: 39;
  uid: string;
}

// What we say of a panel is no more than what Grafana takes.
type Assignable<Narrow extends Wide, Wide> = Narrow;
export type PanelsAreGrafanas = Assignable<Omit<OurPanel, "options" | "targets" | "fieldConfig">, Omit<grafana.Panel, "options" | "targets" | "fieldConfig">>;

type Board = DeepLit<OurBoard>;

