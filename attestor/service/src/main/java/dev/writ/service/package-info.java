// SPDX-License-Identifier: Apache-2.0
/**
 * The issuer: admits hosts, decides what they may run, and withdraws what it allowed.
 *
 * <pre>
 * invitation  host's name                     → secret, once (the ledger holds its digest)
 * enrolment   EK, its certificate, AK, name   → Activation → secret → Enrolled
 * challenge   AK name                         → Challenge (kept by nobody; recognized by its MAC)
 * issuance    Application                     → Judge      verify, appraise, decide → Judgement
 *             Granted                         → ArtifactSigner   sign with the token's issuer key
 *             Artifact                        → DecisionEntries → Ledger   commit, sign the tree head
 *             Receipt                         → ProofBundle, with the status token of its list
 * revocation  jti                             → leaf and bit → StatusTokens   sign with the status key
 * policy      PolicyEnvelope                  → leaf, next epoch → Policies   each node follows
 * outcome     OutcomeStatement                → leaf
 * start       what the service is             → OwnHost      a quote of its own host's TPM
 *             StartEvidence                   → leaf, before a door opens
 * replay      RecordedLog: leaf, payload      → RecordedDecision   as it lies there
 *             with its RecordedGrounds        → ReplayWalk   the steps of Judge, once more
 *                                             → Replayed     each compared with what is recorded
 *             under a candidate               → PolicyImpact what would be decided
 * </pre>
 *
 * <p>{@link dev.writ.service.WritService} is all of it in one process. Its {@link
 * dev.writ.service.Foundation} is opened first; on it stand the parts, one record for each kind, which
 * {@link dev.writ.service.Closings} gives back in reverse.
 *
 * <p>{@link dev.writ.service.Doors} lets it be asked over HTTP, as {@code openapi.yaml} beside this
 * package's classes says:
 *
 * <pre>
 * request     bytes → RouteTable, RequestReader → the above → Reply → Answer or Problem (RFC 9457)
 * </pre>
 *
 * <p>It promises that no artifact leaves before its decision is durable and under a signed checkpoint;
 * that a revocation is in the status token in force before it is answered; that denials of hosts that
 * showed to be the ones that ask are in the ledger, as many as a host's rate allows, and all others are
 * summed there each minute; that
 * whatever fails ends in a denial with a code. It trusts its token, its ledger's store, the configured
 * TPM makers, operators and policy approvers, and where a dev trust file names none of the latter an
 * unsigned policy file; hosts and what they send it does not trust.
 *
 * <p>Nothing here blocks who asks. {@link dev.writ.service.Operations} sees that each question ends in
 * an outcome; work is done in two {@linkplain dev.writ.service.WorkPool pools}, {@code appraisal} and
 * {@code hsm}, that turn away what they cannot do in time; the rest is the ledger's threads. What is
 * kept in memory of the ledger is what never changes, or what an entry names as its precondition.
 *
 * <p>Formats are those of the rooms that own them: requests, artifacts, leaves, status tokens and
 * bundles of {@link dev.writ.artifact}, evidence and challenges of {@link dev.writ.evidence}, policies
 * of {@link dev.writ.policy}.
 */
@NullMarked
@CheckReturnValue
package dev.writ.service;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
