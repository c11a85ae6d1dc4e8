// SPDX-License-Identifier: Apache-2.0
/**
 * The issuer: admits hosts, and decides what they may run.
 *
 * <pre>
 * challenge   AK name                         → Challenge (kept by nobody; recognized by its MAC)
 * enrolment   EK, its certificate, AK, name   → Activation → secret → Enrolled
 * issuance    Application                     → Judge      verify, appraise, decide → Judgement
 *             Granted                         → ArtifactSigner   sign with the token's issuer key
 *             Artifact                        → DecisionEntries → Ledger   commit, sign the tree head
 *             Receipt                         → ProofBundle
 * </pre>
 *
 * <p>It promises that no artifact leaves before its decision is durable and under a signed checkpoint,
 * that denials of hosts that showed to be the ones that ask are in the ledger too, and that whatever fails ends in a denial
 * with a code. It trusts its token, its ledger's store, the configured TPM makers, the operator's list
 * of hosts and, in dev, an unsigned policy file; hosts and what they send it does not trust.
 *
 * <p>Formats are those of the rooms that own them: requests, artifacts, leaves and bundles of {@link
 * dev.writ.artifact}, evidence and challenges of {@link dev.writ.evidence}, policies of {@link
 * dev.writ.policy}.
 */
@NullMarked
@CheckReturnValue
package dev.writ.service;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
