// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.HostStanding;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.Optional;

/**
 * A host, as operators see it.
 *
 * @param akNameDigest SHA-256 of its attestation key's TPM Name, as leaves name it
 * @param leafIndex of the leaf that enrolled it
 * @param enrolled when, while that leaf is in the store
 * @param artifacts how many stand, with all that were issued under them
 */
public record ListedHost(
    String name,
    Hash akNameDigest,
    HostStanding state,
    long leafIndex,
    Optional<Instant> enrolled,
    long artifacts) {}
