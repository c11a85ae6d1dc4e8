// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmCredential;

/**
 * A secret that only the TPM which holds both keys of an {@link EnrolmentRequest} can open.
 *
 * @param session what the service recognizes this enrolment by, opaque to the agent
 * @param credential the wrapped secret
 */
public record EnrolmentChallenge(Octets session, TpmCredential credential) {}
