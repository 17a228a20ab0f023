/** Forms that keep what was typed, say what to change beside the field, and act once. */

import { signal, useSignal, type Signal } from "@preact/signals";
import type { ComponentChildren, InputHTMLAttributes, JSX, VNode } from "preact";
import { useId, useMemo, useRef } from "preact/hooks";

import { refusalOf, type Refusal } from "./errors";

export type Values = Record<string, string>;

export type Form<V extends Values> = {
  values: Signal<V>;
  errors: Signal<Partial<Record<keyof V & string, string>>>;
  /** What no field is to blame for. */
  failure: Signal<Refusal | null>;
  busy: Signal<boolean>;
  element: { current: HTMLFormElement | null };
  set: (name: keyof V & string, value: string) => void;
  /** Say what is wrong with fields, and go to the first of them. */
  complain: (errors: Partial<Record<keyof V & string, string>>) => void;
  submit: (event: Event) => void;
  reset: () => void;
};

type Options<V extends Values> = {
  initial: V;
  /** What has to be changed before it is worth asking the bank. */
  check?: (values: V) => Partial<Record<keyof V & string, string>>;
  send: (values: V) => Promise<unknown>;
  /** Names of the API that are fields of ours. */
  names?: Record<string, keyof V & string>;
};

export function useForm<V extends Values>(options: Options<V>): Form<V> {
  const current = useRef(options);
  current.current = options;
  return useMemo(() => {
    const form: Form<V> = {
      values: signal(options.initial),
      errors: signal({}),
      failure: signal(null),
      busy: signal(false),
      element: { current: null },
      set: (name, value) => {
        form.values.value = { ...form.values.value, [name]: value };
        if (form.errors.value[name]) form.errors.value = { ...form.errors.value, [name]: undefined };
      },
      complain: (errors) => {
        form.errors.value = errors;
        const first = Object.keys(errors).find((name) => errors[name]);
        if (first)
          requestAnimationFrame(() => {
            const named = form.element.current?.elements.namedItem(first);
            const field = named instanceof RadioNodeList ? named[0] : named;
            (field as HTMLElement | null)?.focus();
          });
      },
      reset: () => {
        form.values.value = current.current.initial;
        form.errors.value = {};
        form.failure.value = null;
      },
      submit: (event) => {
        event.preventDefault();
        if (form.busy.value) return; // a double click is one click
        void send(form, current.current);
      },
    };
    return form;
  }, []);
}

async function send<V extends Values>(form: Form<V>, options: Options<V>): Promise<void> {
  form.failure.value = null;
  const wrong = options.check?.(form.values.value) ?? {};
  if (Object.values(wrong).some(Boolean)) return form.complain(wrong);
  form.errors.value = {};
  form.busy.value = true;
  try {
    await options.send(form.values.value);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.code === "step_up_given_up") return;
    const mine: Partial<Record<string, string>> = {};
    for (const [name, text] of Object.entries(refusal.fields)) {
      const field = options.names?.[name] ?? name;
      if (field in form.values.value) mine[field] = text;
    }
    if (Object.keys(mine).length) form.complain(mine as Partial<Record<keyof V & string, string>>);
    else form.failure.value = refusal;
  } finally {
    form.busy.value = false;
  }
}

/** One key per intention: the same request again is the same intention, changed it is another. */
export function useIntent(): { key: (body: unknown) => string; done: () => void } {
  const known = useRef<{ body: string; key: string } | null>(null);
  return useMemo(
    () => ({
      key: (body) => {
        const text = JSON.stringify(body);
        if (known.current?.body !== text) known.current = { body: text, key: crypto.randomUUID() };
        return known.current.key;
      },
      done: () => {
        known.current = null;
      },
    }),
    [],
  );
}

type Shared<V extends Values> = {
  form: Form<V>;
  name: keyof V & string;
  label: ComponentChildren;
  hint?: ComponentChildren;
};

function useField<V extends Values>({ form, name, hint }: Shared<V>) {
  const id = useId();
  const error = form.errors.value[name];
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return {
    id,
    error,
    attributes: {
      id,
      name,
      value: form.values.value[name],
      "aria-invalid": error ? ("true" as const) : undefined,
      "aria-describedby": described || undefined,
    },
  };
}

function Frame({
  id,
  label,
  hint,
  error,
  children,
}: {
  id: string;
  label: ComponentChildren;
  hint?: ComponentChildren;
  error?: string | undefined;
  children: ComponentChildren;
}): VNode {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

type InputProps<V extends Values> = Shared<V> & {
  before?: ComponentChildren;
  after?: ComponentChildren;
} & Omit<InputHTMLAttributes<HTMLInputElement>, "form" | "name" | "label" | "value" | "id">;

export function Field<V extends Values>(props: InputProps<V>): VNode {
  const { form, name, label, hint, before, after, ...rest } = props;
  const { id, error, attributes } = useField({ form, name, label, hint });
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <div class="input">
        {before}
        <input
          type="text"
          autocomplete="off"
          {...rest}
          {...attributes}
          onInput={(event) => form.set(name, event.currentTarget.value)}
        />
        {after}
      </div>
    </Frame>
  );
}

export function TextArea<V extends Values>(props: Shared<V> & { rows?: number; maxLength?: number }): VNode {
  const { form, name, label, hint, ...rest } = props;
  const { id, error, attributes } = useField({ form, name, label, hint });
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <textarea {...rest} {...attributes} onInput={(event) => form.set(name, event.currentTarget.value)} />
    </Frame>
  );
}

export function Select<V extends Values>(
  props: Shared<V> & { children: ComponentChildren; disabled?: boolean },
): VNode {
  const { form, name, label, hint, children, disabled } = props;
  const { id, error, attributes } = useField({ form, name, label, hint });
  const change = (event: JSX.TargetedEvent<HTMLSelectElement>) => form.set(name, event.currentTarget.value);
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <select {...attributes} disabled={disabled} onChange={change}>
        {children}
      </select>
    </Frame>
  );
}

/** A password field that can be looked at, and pasted into. */
export function PasswordField<V extends Values>(
  props: InputProps<V> & { showText: string; hideText: string },
): VNode {
  const { showText, hideText, ...rest } = props;
  const isShown = useSignal(false);
  return (
    <Field
      {...(rest as InputProps<V>)}
      type={isShown.value ? "text" : "password"}
      after={
        <button type="button" class="inside" onClick={() => (isShown.value = !isShown.value)}>
          {isShown.value ? hideText : showText}
        </button>
      }
    />
  );
}
