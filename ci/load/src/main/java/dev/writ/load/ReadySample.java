// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

/**
 * What {@code /readyz} answered.
 *
 * @param at when it answered, on {@link System#nanoTime}'s scale
 * @param ready whether with 200
 */
record ReadySample(long at, boolean ready) {}
