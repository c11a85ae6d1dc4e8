// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Environment;
import dev.writ.evidence.Appraisal;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.ledger.StateChange;
import java.time.Instant;
import java.util.Optional;

/**
 * What a permission rests on, all of it verified.
 *
 * @param application what was asked
 * @param host the enrolled host that asked
 * @param quote of its state
 * @param appraisal of the quote
 * @param keyStorage where the instance key lives
 * @param keyRegistration to be committed where the instance key was seen for the first time
 * @param policy by which it was judged
 * @param decided when
 */
record Grounds(
    Application application,
    KnownHost host,
    VerifiedQuote quote,
    Appraisal appraisal,
    Environment.KeyStorage keyStorage,
    Optional<StateChange> keyRegistration,
    PolicyInForce policy,
    Instant decided) {}
