// SPDX-License-Identifier: Apache-2.0

/**
 * The Attester (RFC 9334): enrols this host, collects Evidence from its TPM, and asks the service for
 * an artifact.
 *
 * <p>Two exchanges, each over the {@link dev.writ.agent.ServiceEndpoint} port:
 *
 * <pre>
 * enrol    EK certificate, EK and AK public areas, host name  ->  credential to activate
 *          the secret that only this TPM could open           ->  the AK's name is enrolled
 * attest   AK name                                            ->  challenge: nonce, PCRs, epoch
 *          request, challenge, Evidence                       ->  proof bundle, or a denial
 * </pre>
 *
 * <p>The port's way over a network is {@link dev.writ.agent.HttpServiceEndpoint}; an operator's way, to
 * the socket beside him or the TLS door elsewhere, is {@link dev.writ.agent.OperatorClient}. Both speak the HTTP API that the
 * service's OpenAPI document describes, by a small client that promises:
 *
 * <ul>
 *   <li>An exchange ends: connecting, each silence, and the whole have their time ({@link
 *       dev.writ.agent.Timeouts}), and an answer has at most 16 KiB of header and a bounded body.
 *   <li>What is not clearly the answer that was asked for, or a problem of RFC 9457, is an {@link
 *       java.io.IOException}: nothing is guessed, followed or completed.
 *   <li>Plain HTTP stays on this machine. Anywhere else it is TLS 1.3 with a key that the trust file
 *       pins ({@link dev.writ.agent.PinnedTls}); the machine's own roots count nothing.
 *   <li>A service that asks for the client's key over TLS is shown the instance key, which signs the
 *       handshake where it is ({@link dev.writ.agent.ChannelKey}), when an artifact is asked for. For
 *       that a JCA provider of its own is added to the platform's, at their end.
 *   <li>Only what the service itself asks to be sent again is, a few times, and an application for an
 *       artifact never with the same challenge.
 * </ul>
 *
 * <p>An outcome that cannot be delivered waits in an {@link dev.writ.agent.OutcomeSpool}, a folder of
 * mode 0700 with files of mode 0600 that belong to the user whose process it is. It promises:
 *
 * <ul>
 *   <li>A place that was reserved has its room on the disk, so its outcome can be kept when the disk is
 *       full by then. No place, no room, or a folder that cannot be written: there is no reservation.
 *   <li>A filled place is on the disk, and leaves it when the service has the statement or refuses it for
 *       good; a refusal is told. There are never more files than places.
 *   <li>A reservation whose process ended counts no longer. What such a process ran has no outcome.
 *   <li>Statements are sent in the order in which their places were reserved, each by one process or
 *       thread at a time. One may be sent twice, which the service answers alike.
 *   <li>A file that is no statement is set aside and hinders no other. It takes a place until somebody
 *       removes it.
 * </ul>
 *
 * <pre>
 * lock         empty; locked by the operating system while places are counted or change their state
 * U.reserved   2,048 bytes without meaning; its process holds the operating system's lock on it
 * U.outcome    a statement in compact serialization; locked by whoever is sending it
 * U.bad        what should have been one
 * room.tmp     of whoever died while he looked for room; no meaning
 *              (U is a UUID of version 7, of when the place was reserved)
 * </pre>
 *
 * <p>Trust: the host's own TPM is believed; what the service sends is parsed strictly, and a bundle is
 * handed on as received: whoever relies on it verifies it. The agent decides nothing. A root user of
 * this host can ask for anything; what it gets is for the policy to say, from what the TPM measured.
 */
@NullMarked
@CheckReturnValue
package dev.writ.agent;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
