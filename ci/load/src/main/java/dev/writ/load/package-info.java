// SPDX-License-Identifier: Apache-2.0

/**
 * A running service under load from hosts with software TPMs, and killed under load.
 *
 * <p>{@link dev.writ.load.ServedWrit} is the service as an operator sets it up and the launcher starts
 * it, in a process of its own. Its hosts enrol as any host does: by an invitation from the operator's
 * socket, under a maker's certificate, with a credential that they activate. {@link
 * dev.writ.load.LoadGenerator} makes them ask over HTTP, at a rate or as fast as they are answered, and
 * costs as little of the machine as it can, since it shares the machine with the service. {@code
 * ci/bench issue} measures with it. {@link dev.writ.load.TpmHost} is a host of the same service on which
 * {@code writ run} starts programs, as {@code ci/bench run-start} does.
 *
 * <p>{@code ci/crash} kills the service again and again and holds it to what it had acknowledged;
 * {@link dev.writ.load.CrashRounds} says how. Nothing that the service says is believed: leaves are
 * looked for with proofs, and checkpoints under the trust file's keys.
 *
 * <p>{@code ci/hsm-faults} takes the HSM away from it in several ways ({@link dev.writ.load.HsmCases}) and
 * holds it to {@link dev.writ.load.OutageChecks}.
 *
 * <p>{@code ci/replay} has each decision of a load decided once more ({@link dev.writ.load.ReplayedLoad});
 * {@code ci/impact} has them decided under candidates ({@link dev.writ.load.ImpactLoad}).
 */
@NullMarked
@CheckReturnValue
package dev.writ.load;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
