// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.tlog.Hash;

/**
 * A key whose certification by a host's attestation key was verified.
 *
 * @param akName the host
 * @param keyName SHA-256 of the key's TPM Name
 * @param jkt RFC 7638 thumbprint of its public key
 * @param leafIndex the leaf under which it was first seen
 */
public record InstanceKey(AkName akName, Hash keyName, Hash jkt, long leafIndex) {}
