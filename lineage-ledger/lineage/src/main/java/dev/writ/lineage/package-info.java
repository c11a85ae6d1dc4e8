// SPDX-License-Identifier: Apache-2.0
/**
 * Who caused what: the typed graph of a log, computed from its leaves alone, the same twice.
 *
 * <p>An auditor needs entries, tiles and one signed checkpoint, and no database and no network: {@link
 * dev.writ.lineage.VerifiedLeaves} gives out what is proven against the checkpoint, {@link
 * dev.writ.lineage.Lineage} indexes it and answers, and whatever it answers names the leaf it comes from
 * with that leaf's inclusion proof. Nobody is believed but whoever signed the checkpoint, and the service
 * for what its leaves say: that a leaf is there does not make it true.
 *
 * <h2>Nodes and edges</h2>
 *
 * <p>A leaf adds a few {@link dev.writ.lineage.Node}s and {@link dev.writ.lineage.Edge}s, out of its own bytes,
 * its parents' and what was opened. A node is named by its kind and by what is its identity: a leaf's index,
 * a digest, a thumbprint or a jti. An edge points from what is later to what it comes from.
 *
 * <pre>
 * leaf             nodes                                       edges to what was before
 * decision.allow   request principal decision verification     startedBy decidedOn restsOn appraised
 *                  evidence artifact                           certifiedBy evaluatedUnder sentFrom issuedFrom
 *                                                              approvedBy: approvals of it, a break-glass
 *                                                              renews: what the execution began with
 * decision.deny    request decision enforcement                decidedOn evaluatedUnder sentFrom enforces
 *                  (verification evidence, if it was those)    restsOn
 * evaluation       request decision (enforcement)              decidedOn evaluatedUnder approvedBy enforces
 * verification     verification key (enforcement)              verified askedBy enforces
 * outcome          outcome execution key                       outcomeOf authorizedBy ranIn reportedBy
 * revocation       enforcement (attestation_key)               withdraws
 * enrolment        host attestation_key endorsement_key        attestsWith boundTo evaluatedUnder approvedBy
 * host             enforcement                                 states: the host
 * approval         approval principal, or operation key        names stepOf signedBy approvedBy evaluatedUnder
 * … of a mode      approval key                                signedBy approvedBy evaluatedUnder withdraws
 * … of a request   approval key                                signedBy evaluatedUnder answers
 * policy           policy                                      follows publishedUnder
 * key              key_statement key (operation trust_file)    states beside approvedBy trusts publishedUnder
 *                  start evidence attestation_key checkpoint   ranIn certifiedBy opened trusts statesTree follows
 * summary          summary
 * … of a drill     summary key                                 signedBy
 * </pre>
 *
 * <p>A parent is an earlier leaf or none: an edge to a parent that is not earlier is not made, and {@link
 * dev.writ.lineage.Rule#PARENT_EARLIER} tells of it. So the graph has no cycle, whatever the log says.
 *
 * <p>What the allow of docs/FORMATS.md, leaf 6, adds:
 *
 * <pre id="edges">
 * request:6 -startedBy-&gt; principal:6/subject
 * request:6 -sentFrom-&gt; host:5
 * decision:6 -decidedOn-&gt; request:6
 * decision:6 -evaluatedUnder-&gt; policy:3
 * decision:6 -restsOn-&gt; verification:6
 * artifact:01a19b45-b800-7000-8000-000000000001 -issuedFrom-&gt; decision:6
 * verification:6 -appraised-&gt; evidence:6
 * evidence:6 -certifiedBy-&gt; attestation_key:b9a8e6652ce64ca9757780b28fddf4ca1935ca792f2ecf1602adf44ac764b306
 * </pre>
 *
 * <h2>What leaves do not say</h2>
 *
 * <p>None of this is guessed:
 *
 * <ul>
 *   <li>No leaf tells of what a gateway verified by itself. The verification of a decision is the service's,
 *       of the Evidence; a denial has one where its code says that it was the Evidence (runtime_integrity,
 *       environment_untrusted). Of an artifact that the service judges, each verification is a leaf. That an
 *       outcome exists does not show that a gateway verified anything; of an artifact that the service judges,
 *       which the artifact says where it is opened, an outcome without a verification before it is a finding.
 *   <li>Of a policy's approvers there is nothing: their signatures lie beside its leaf, in its envelope.
 *   <li>Which issuer key signed an artifact, its end, audience, tenant, execution and initiator, the PCR digest
 *       and the action are in the artifact alone; executable, files and environment are behind its
 *       {@code args_digest}, in the exec binding, which is not kept.
 *   <li>When an execution began, on which use, and what it read or wrote. An artifact of several uses has one
 *       execution node.
 *   <li>Whom a denial was for: it has the host's enrolment as parent, and no subject.
 *   <li>Who among the operators invited or withdrew: a leaf says what was done.
 *   <li>Subject, host and arguments stand there as salted commitments.
 * </ul>
 *
 * <h2>Openings</h2>
 *
 * <p>Who has an artifact, a proof bundle, or the payload that the service keeps beside a leaf can give it as
 * {@link dev.writ.lineage.Openings}. It is compared with the leaf: an artifact by its digest, a value by its
 * salt, and a denial's subject by the payload that its leaf names. What does not agree says nothing; what does gives the node its name, and the execution its edges
 * {@code startedBy}, {@code used} and, where its leaf does not name its parent, {@code childOf}, each marked as opened. Once the payload is erased the
 * graph stays as it is, without the name.
 *
 * <h2>Checking</h2>
 *
 * <p>{@link dev.writ.lineage.LineageCheck} tells of each leaf in a range which {@link dev.writ.lineage.Rule} it
 * breaks. Above all each outcome has verification(pass) ← artifact ← decision(allow) ← request; a decision's
 * leaf is all four, so that an outcome is complete exactly if its parent is an allow of its jti that breaks no
 * rule itself. Scope of children is judged where child and parent were opened.
 *
 * <h2>Pages of a search</h2>
 *
 * <p>A log has no index that could be proven complete, so a search shows all that it looked at. A page is
 * canonical JSON (RFC 8785) of exactly these members:
 *
 * <pre>
 * v           1
 * filter      the conditions: kind, jti, policy_digest, code, pcr_digest, subject, host, since, before (ms);
 *             all that are given must hold
 * start, end  the leaves that were looked at, from start on, before end; 1 to 256
 * checkpoint  the note, verbatim
 * entries     each of those leaves, standard base64
 * first, last inclusion paths of the first and of the last leaf (RFC 9162, 2.1.3.1), lowest first, in hex
 * matches     indices of leaves of which every condition holds
 * undecided   indices of leaves of which that takes an opening, or that cannot be read
 * </pre>
 *
 * <p>To verify: the note is a checkpoint that the reader's log policy believes. Hashes of the entries, and what
 * the two paths have left of {@code start} and right of {@code end}, give its root: so there is no leaf between
 * them, none is missing and none was added. Each path leads to the root by itself. The filter over the entries
 * gives {@code matches} and {@code undecided} once more, with the reader's own openings. Pages of a longer range
 * are of one filter and one checkpoint, and each begins where the one before ends. Filter and range are those
 * that the reader asked for: a page proves an answer to whatever question it names.
 *
 * <p>A condition on a commitment can be decided by who has its opening alone. Salts are in no page: who is to
 * verify gets them beside it. A page leaves nothing out of its range; whether the log has more than the
 * checkpoint covers is not its matter, nor whether a payload was kept from the searcher: that is why undecided
 * leaves are listed.
 *
 * <p>The page that looks for enrolments among leaves 4 and 5 of the log of docs/FORMATS.md:
 *
 * <pre id="page">
 * {"checkpoint":"writ.example/log\n7\nb6jANN4mnC0EvfrPJSAhDG2elvtzFZ69yNmFLPMJi0c=\n\n— writ.example/log RGHy3DBFAiAXEsrthNvrDrpHNknBjLaEk1eeyE/aNRLeDhQhf426MQIhAL4aIM+tm+SSCcrD3AQ9j+kT8qbgUdTki5TPad9q1YL0\n","end":6,"entries":["eyJkaWdlc3QiOiI3ZGViOGJmYTNiMmJmNzBlZDQ0YjAzNDQwZmUwYTI2OTZkNTllMWE2NWNiNzgzMDVhYTZmMmMyMDI1ZjIxNTVlIiwiZXhwaXJlcyI6MTc5MzYwNjQwMDAwMCwiaWQiOiIwMWExOWIwZS1jOTgwLTcwMDAtODAwMC0wMDAwMDAwMDAwZjQiLCJraW5kIjoiYXBwcm92YWwiLCJvZiI6ImVucm9sbWVudCIsInBhcmVudHMiOlsiZTAyZDE3MWEyZGRiYWU4OWEyMDBlMDA0NzA4ZDEwMTAyNWNiOWJiNDdhOTdmODg1YjYwOGM0NzVmZTBlNzE2MiJdLCJzdWJqZWN0IjoiNGU3MDhhNDJiNzIxOWVmZTM2M2Y0ZmJjYzY0OTQzZGFhMWFjNGIyNTAxNjBkZjMwZjE1Mzg4OGUzMThlODRkYSIsInRpbWUiOjE3OTM2MDI4MDAwMDAsInYiOjF9","eyJhZG1pc3Npb24iOiJpbnZpdGVkIiwiYWtfbmFtZV9kaWdlc3QiOiJiOWE4ZTY2NTJjZTY0Y2E5NzU3NzgwYjI4ZmRkZjRjYTE5MzVjYTc5MmYyZWNmMTYwMmFkZjQ0YWM3NjRiMzA2IiwiZWtfZGlnZXN0IjoiYzc2ZTVkYTM2NDA4NzJiOGJlY2VkOWYyYjhlNGQwOTY3MzE2NjcxYWQwMzM2MDU3MTA3YTk2ZjYzZjVkMDQ5OSIsImhvc3QiOiJkOGFmYTNlY2RkYjM2NDM3MjU0M2Y4YmY1MzAyZDYwMjg4ZTNjZmEyODJmN2QzMWNiYjhlMTZlMTBmOTE2NjI4IiwiaWQiOiIwMWExOWIwZS1jOTgwLTcwMDAtODAwMC0wMDAwMDAwMDAwZjUiLCJraW5kIjoiZW5yb2xtZW50IiwicGFyZW50cyI6WyJlMDJkMTcxYTJkZGJhZTg5YTIwMGUwMDQ3MDhkMTAxMDI1Y2I5YmI0N2E5N2Y4ODViNjA4YzQ3NWZlMGU3MTYyIiwiNGRjYTY0OGI4MTdiMzQzNGU3YjcxOGU3NTE3ZDc0MjA2YzE5YzdjMWNhZmJlMmRiNzQ2YTYyMDAyNzgwOWU2OSJdLCJ0aW1lIjoxNzkzNjAyODAwMDAwLCJ2IjoxfQ=="],"filter":{"kind":"enrolment"},"first":["d277f3fb8525102de2914de6c701b0cdfd1b9656716a9d27703a1296961e3173","950eeb55240b7f2ebf5c36467c7835d346b82e7ca2b1f19e08933ce81ea4ea4b","722daec1a342c410d1cea9ad041a8934192655a3164d8e1a0644507e27102cd2"],"last":["4dca648b817b3434e7b718e7517d74206c19c7c1cafbe2db746a620027809e69","950eeb55240b7f2ebf5c36467c7835d346b82e7ca2b1f19e08933ce81ea4ea4b","722daec1a342c410d1cea9ad041a8934192655a3164d8e1a0644507e27102cd2"],"matches":[5],"start":4,"undecided":[],"v":1}
 * </pre>
 *
 * <p>It proves that of the two leaf 5 is an enrolment and leaf 4 is not.
 *
 * <h2>Exports</h2>
 *
 * <p>Canonical JSON, a document a line. {@code urn:writ:log:} and SHA-256 of the origin name the log, as a URI
 * that needs no address.
 *
 * <pre>
 * PROV-JSON    activity: request decision verification execution enforcement start; agent: principal host key;
 *              entity: all others. An edge is used, wasGeneratedBy, wasDerivedFrom, wasInformedBy,
 *              wasAssociatedWith, wasAttributedTo, actedOnBehalfOf or wasInfluencedBy by the types of its ends,
 *              with writ:relation and writ:leaf. Start and end of activities have no source.
 * OpenLineage  RunEvent OTHER for an allow, COMPLETE, FAIL or OTHER for an outcome (ok, failed, unknown), at the
 *              leaf's time. run: the execution where opened, else the jti. job: action and resource where opened,
 *              else the request's digest. inputs: policy, evidence, arguments where opened. START and outputs
 *              have no source. The facet writ_lineage has no published schema of its own. A leaf that breaks a
 *              rule of LineageCheck has no event, and an outcome none whose allow breaks one; of an artifact
 *              that was withdrawn, by its name, by a scope or with one above it, the facet has withdrawn_by, the
 *              first leaf that does, or may_be_withdrawn_by where it takes an opening to say.
 * VSA          for an allow PASSED, for one that breaks a rule or was withdrawn, and for a denial with a request,
 *              FAILED, with rules_broken, withdrawn_by or may_be_withdrawn_by under urn:writ:ns:against: verifier.id the log, timeVerified the
 *              leaf's time, subject artifact or request, policy by digest. verifiedLevels is a value of ours and
 *              no SLSA level. inputAttestations, dependencyLevels and slsaVersion have no source.
 * SVR          for an allow that would be PASSED: WRIT_EVIDENCE_VERIFIED, WRIT_POLICY_ALLOWED, WRIT_DECISION_LOGGED.
 * </pre>
 *
 * <p>A statement's subject digest {@code sha256} is that of the ASCII of the artifact's header and payload with
 * the dot between them. Statements are unsigned: their worth is the leaf that they name.
 */
@NullMarked
@CheckReturnValue
package dev.writ.lineage;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
