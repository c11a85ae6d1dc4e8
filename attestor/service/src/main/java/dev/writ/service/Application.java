// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.ExecutionRequest;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.TpmName;

/**
 * What a host sends to get an artifact: well formed, and nothing of it believed.
 *
 * @param akName the attestation key that is said to have signed the evidence
 * @param challenge that the evidence answers
 * @param request what is to be permitted
 * @param evidence of the host's state
 */
public record Application(
    TpmName akName, Challenge challenge, ExecutionRequest request, Evidence evidence) {}
