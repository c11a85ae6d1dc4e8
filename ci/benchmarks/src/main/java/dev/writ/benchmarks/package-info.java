// SPDX-License-Identifier: Apache-2.0
/**
 * Measures what the design promises, each figure beside what bounds it on the same machine in the same
 * minute. {@code ci/bench} starts it.
 *
 * <p><b>Output.</b> One JSON object a line:
 *
 * <pre>
 * {"name": …, "figure": number, "unit": …, "ratio": number, "beside": name of another line}
 *
 * NAME            Writ's own figure
 * NAME/…          a variant of it: another provider, another number of threads
 * beside/…        what bounds it: a provider's raw rate, a C loop, the disk
 * </pre>
 *
 * <p>{@code ratio} is the figure divided by that of the line that {@code beside} names, and both are
 * absent where there is nothing to compare with. Figures are rounded after the division.
 *
 * <p><b>Method.</b> {@link dev.writ.benchmarks.Rounds} runs all contenders in turn, A B C A B C …, and
 * a figure is the median of a contender's rounds: a neighbour's load or a change of clock frequency
 * falls on all alike. Every contender is warmed up first, in the same JVM. JMH, which runs each
 * benchmark to its end in a JVM of its own before the next, could not say that; what it guards against
 * is met otherwise. No result is dead code: each operation looks at its outcome and fails the run if
 * it is not the one that must be. No input is constant: operations go round a few hundred prepared
 * ones that differ.
 *
 * <p>Everything measured is real: quotes are a TPM simulator's, signatures a PKCS#11 token's, and the
 * ledger is on disk. Every input is verified at least once, or the run fails.
 */
@NullMarked
@CheckReturnValue
package dev.writ.benchmarks;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
