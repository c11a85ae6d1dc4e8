// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Ear;
import dev.writ.artifact.Environment;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.ledger.StateChange;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a permission rests on, all of it verified.
 *
 * @param application what was asked
 * @param host the enrolled host that asked
 * @param quote of its state
 * @param result what was found of the host, with every rule that ran
 * @param keyStorage where the instance key lives
 * @param learned to be committed with it: an instance key that was seen for the first time, how far the
 *     measurement list was verified, the boot log
 * @param approvals that the policy's rules saw
 * @param policy by which it was judged
 * @param decided when
 * @param initiator who set it in motion, and what proved it
 * @param parent under which it was asked
 * @param renewal what goes on with it
 */
record Grounds(
    Application application,
    KnownHost host,
    VerifiedQuote quote,
    Ear result,
    Environment.KeyStorage keyStorage,
    List<StateChange> learned,
    CountedApprovals approvals,
    PolicyInForce policy,
    Instant decided,
    Optional<Initiator> initiator,
    Optional<ParentGrant> parent,
    Optional<Renewal> renewal) {}
