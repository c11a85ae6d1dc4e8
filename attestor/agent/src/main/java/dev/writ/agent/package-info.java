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
 * <p>Trust: the host's own TPM is believed; what the service sends is parsed strictly, and a bundle is
 * handed on as received: whoever relies on it verifies it. The agent decides nothing. A root user of
 * this host can ask for anything; what it gets is for the policy to say, from what the TPM measured.
 */
@NullMarked
@CheckReturnValue
package dev.writ.agent;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
