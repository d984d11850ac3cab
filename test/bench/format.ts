/** Numbers as a person reads them. */
export const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
export const times = (value: number): string => `${value.toFixed(2)}x`;
export const ns = (value: number): string => `${whole(value)} ns`;
export const us = (value: number): string => `${value.toFixed(2)} us`;
export const ms = (value: number): string => `${value.toFixed(1)} ms`;
export const perSecond = (value: number): string => `${whole(value)}/s`;
export const usd = (value: number): string => `${value.toFixed(4)} USD`;
