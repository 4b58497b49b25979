import { z } from 'zod';

/** Kinds of numbers that several parts of a configuration share. */

export const positive = z.number().positive();
export const nonNegative = z.number().min(0);
export const whole = z.number().int().positive();
export const wholeFromZero = z.number().int().nonnegative();
export const share = z.number().min(0).max(1);

export const range = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low <= high, 'the first must not exceed the second');

export const rgb = z.tuple([z.number(), z.number(), z.number()]);
