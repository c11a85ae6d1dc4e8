// SPDX-License-Identifier: Apache-2.0
/**
 * Measures what the design promises, each figure beside what bounds it on the same machine in the same
 * minute. {@code ci/bench} starts it.
 *
 * <p><b>Output.</b> One JSON object a line:
 *
 * <pre>
 * {"name": …, "figure": number, "unit": …, "ratio": number, "beside": name of another line}
 *
 * NAME            Writ's own figure
 * NAME/…          a variant of it: another provider, another number of threads
 * beside/…        what bounds it: a provider's raw rate, a C loop, the disk
 * </pre>
 *
 * <p>{@code ratio} is the figure divided by that of the line that {@code beside} names, and both are
 * absent where there is nothing to compare with. Figures are rounded after the division.
 *
 * <p><b>Method.</b> {@link dev.writ.benchmarks.Rounds} runs all contenders in turn, A B C A B C …, and
 * a figure is the median of a contender's rounds: a neighbour's load or a change of clock frequency
 * falls on all alike. Every contender is warmed up first, in the same JVM. JMH, which runs each
 * benchmark to its end in a JVM of its own before the next, could not say that; what it guards against
 * is met otherwise. No result is dead code: each operation looks at its outcome and fails the run if
 * it is not the one that must be. No input is constant: operations go round a few hundred prepared
 * ones that differ.
 *
 * <p><b>evidence</b> is of a machine that booted with a log of 60 KB and measured a list of 1 MB, its PCRs
 * a TPM simulator's. All rules over both hold, or the run fails.
 *
 * <pre>
 * evidence                 packages parsed, quote verified, boot log and whole list expanded, replayed and
 *                          judged by rules that were learned from the boot and by path and digest of each
 *                          file. Beside beside/tpm2-tools, which does less: it reads no list, judges
 *                          nothing, and compares no replayed PCR with the quote's
 * evidence/incremental     the same of a host that has measured nothing since
 * evidence/quote-and-boot-log  without the list: the work that comes nearest to theirs
 * evidence/ima             the list alone, replayed and judged, in bytes of the list; beside/sha-256 is the
 *                          rate at which those bytes are hashed once
 * …/allocated              bytes of Java's heap that a warm verification allocates, in the mean
 * evidence/boot-log, …/ima-list  how long both are
 * beside/tpm2-tools        tpm2_checkquote with the PCRs' values, then tpm2_eventlog on the log
 * beside/tpm2-tools/less-start  the same without what the two processes' starts take, by --version
 * </pre>
 *
 * <p><b>decide</b> is one thread that asks a policy of N rules: two that every request must meet, and
 * permits, each for one action on hosts of one name. Half of the requests are denied. Every rule is
 * evaluated each time, here as by the peers, unless theirs can tell that one does not matter. A peer is
 * used as its documentation shows, with the same rules in its language; it is given the five values that
 * they read, and Writ all inputs.
 *
 * <pre>
 * decide                   decisions/s at 100 rules
 * decide/rate-at-N         at 10 and at 1,000
 * decide/recorded-at-N     with the decision's record, which says of each rule what it came to and saw
 * decide/p50-at-N, p99-at-N  what one decision takes
 * decide/than-PEER-at-N    decisions/s, beside the peer's
 * beside/opa-wasm-at-N     OPA's compiled policy in a WASM machine written in Java, which makes Java's code
 *                          of it; input as JSON text. Of 1,000 rules one function is too long for that, and
 *                          is interpreted. {@code src/main/wasm} makes the module
 * beside/cedar-java-at-N   Cedar's native engine through its Java binding
 * </pre>
 *
 * <p><b>issue</b> is measured otherwise, since what it measures is another process: {@code writ serve},
 * with a token, a policy and a ledger of its own, as the launcher starts it. Its hosts have software
 * TPMs under a test maker's certificate, and each was enrolled by an invitation and by activating a
 * credential. The load comes from this process, on the same machine: what it uses of the processors is
 * what the service cannot use, and {@code issue/cpu/generator} says how much that is. An exchange is two
 * requests, challenge and application, on a connection that is kept. {@code --seconds} is the length of
 * each run.
 *
 * <pre>
 * issue                    the greatest rate held for 60 s: no exchange failed, at least 0.99 of those
 *                          offered were answered in time, and 99 of 100 took at most 100 ms. Beside
 *                          beside/raw-sum, what one thread would issue if an artifact cost nothing but
 *                          one verification of a quote's signature, one signature by the token and one
 *                          row in the database, each taken alone in the same run
 * issue/p50-at-N, p99-at-N at N artifacts/s offered, from the time at which an exchange was to begin,
 *                          whether or not the service had answered the ones before, to the last byte of
 *                          its bundle
 * issue/p50-held, p99-held the same at the rate held
 * issue/saturated          how many a second were answered when 64 connections always asked
 * issue/cpu/…              processor time at the rate held: of the service and of the load, and of the
 *                          service's threads by name, those that used at least a hundredth
 * issue/stage/…            mean time that the service says a stage took, waiting included, at that rate
 * issue/bundles-verified   how many of the bundles were verified as a gateway does; one that is not
 *                          allowed fails the run
 * issue/everything…        the same of a second service, as a careful operator has it: a policy of a hundred
 *                          rules that author and approver signed, one of which asks for a named initiator;
 *                          hosts that send their boot logs, about which it has rules; an OpenID Connect
 *                          token with each application. Beside the first
 * beside/raw-sum/new-key   the same bound where a quote comes with a key that is certified anew
 * </pre>
 *
 * <p>{@code ci/bench issue --artifacts 1000000} issues that many, which takes minutes, and says nothing
 * but how fast, and what memory the service has then: {@code issue/resident-after-N} is in RAM, {@code
 * issue/heap-live-after-N} is reachable.
 *
 * <p><b>tenants</b> runs two such services side by side, each a tenant's own, which share the processors and
 * the disk, and with the load of both.
 *
 * <pre>
 * tenants                  99 of 100 exchanges of the one, offered 50 a second, took at most so long while
 *                          the other was asked by 64 connections without a pause; tenants/p50 half of them.
 *                          None may fail
 * tenants/alone…           the same before, when the other was idle
 * tenants/other            artifacts/s of the other meanwhile
 * </pre>
 *
 * <p><b>ledger-append</b> is in this process, checkpoints signed by a SoftHSM token's key.
 *
 * <pre>
 * ledger-append            entries a second that got a receipt, sixteen groups of 256 under way: leaves that
 *                          change no other state. Beside the disk's syncs; each entry is hashed once at least,
 *                          as often as beside/leaf-hash could be done by one thread that does nothing else
 * ledger-append/issue      the same with a nonce, an artifact and a status index each, as issuing does
 * ledger-append/wN         N writers that each wait for their receipt: entries a second, and /p50, /p99 from
 *                          the request to its receipt
 * ledger-append/wN/delay-D-us  the same with each checkpoint's signature later by D
 * ledger-append/postgres…  all of it in a PostgreSQL server on this machine, with its default settings
 * </pre>
 *
 * <p>{@code ci/bench ledger-append --artifacts 10000000} fills an embedded ledger to that many leaves, and
 * says nothing but {@code ledger-append/at-N}, entries a second near each power of ten, and {@code
 * ledger-append/open-at-N}, how long opening takes then.
 *
 * <p><b>hsm-issue</b> is the same service and load, 64 connections that always ask, with its token behind
 * a module that waits before each signature: not at all, then for as long as hsm-sign has it. {@code
 * --seconds} is the length of each run. An artifact takes a signature, and each batch of the ledger one
 * with either key of its checkpoint; a status token takes one now and then.
 *
 * <pre>
 * hsm-issue, hsm-issue/delay-N-us   how many a second were answered, at most one for each signature that
 *                          the token can make: beside/token. Which bound is the nearest?
 *                            the token: …/signatures is near to what it can make; the artifacts' ratio is
 *                          lower by what checkpoints take
 *                            the threads that sign, by default as many as processors: artifacts/s times
 *                          the delay is near to their number. all-signers raises it
 *                            neither: the machine, of which service, token and load take what there is, or
 *                          the 64 connections, which all wait for a checkpoint
 * …/signatures             how many a second the token made meanwhile, for whatever
 * …/refused                503 overloaded, a second: who would wait longer for a thread that signs than
 *                          {@code limits.hsm_wait_ms}. Any other failure fails the run
 * hsm-issue/all-signers…   the same with as many threads that sign as the profile has signers
 * hsm-issue/bundles-verified   as for issue
 * beside/token             the C loop's signatures/s, in as many threads as the profile has signers
 * beside/token/delay-N-us  signers divided by the delay. It leaves out the signature's own work, which for
 *                          delays below a millisecond is most of it
 * </pre>
 *
 * <p><b>run-start</b> measures processes, too: a service as above, warmed up by load for ten seconds, and
 * a host with a TPM simulator of its own, enrolled, whose keys are kept. Commands are run in turn, each
 * from before its process is started to the news of its end, and at least nine times: {@code true},
 * the same JVM for nothing, {@code writ run -- true} by the launcher, and so on. Cold is a new process
 * and a new JVM each time, in which nothing is compiled; that the files are in the kernel's cache is
 * not undone, which would take root.
 *
 * <pre>
 * run-start                median of writ run -- true, less the median of true, with a fresh artifact
 * run-start/max            the slowest of them, less the same
 * run-start/cpu            processor time of one, the launcher's and the JVM's in sum, less true's: what a
 *                          busy machine does not blur. The mean, since the kernel counts in ticks
 * run-start/bundle, …/cpu  the same under a bundle for two uses that was got before
 * run-start/part/launcher  by how much the median is above that of the same run without the launcher; on a
 *                          busy machine less than the two medians' own error, and then of no meaning
 * run-start/part/…         medians of the other stages, from runs of their own without the launcher:
 *   jvm                    until main is loaded
 *   trust                  arguments, trust file, writ-exec's own digest
 *   bind                   the program found, held and hashed
 *   tpm-open               libraries, connection, both keys
 *   challenge              HTTP
 *   quote                  PCRs, quote, its verification, the instance key's certification
 *   artifact               HTTP; the service decides, signs and commits
 *   host-state             a second quote over a nonce of this host's own, and possession
 *   reserve                the outcome's place in the spool
 *   verify                 BundleVerifier, with the record of the use
 *   exec                   from the verdict to the end of the program
 *   outcome                signed by the TPM, written, told
 * run-start/rss/…          what is resident while the program sleeps: in writ-exec, in the JVM
 * beside/java-hello        the same JVM and options for a class that does nothing, less true
 * beside/plain-true        true
 * </pre>
 *
 * <p><b>revoke</b>: 900 gateways in this process follow a service on sockets of their own, each with a memory of
 * its own, and 100 more connect and never read. A round is an operator's order, and ends when each of the 900 has
 * verified and kept the leaf, by which it denies; one of them is shown the bundle before and after.
 *
 * <pre>
 * revoke                 p99, from before the order is sent to the denial, over all gateways and rounds
 * revoke/p50, …/max      likewise
 * revoke/revocations     rounds
 * revoke/stalled         gateways that did not read
 * revoke/after-kill      from when the service, killed after ten more, is ready again, until all have connected
 *                        again and deny those ten
 * revoke/after-kill-p99  of one more round then
 * </pre>
 *
 * <p><b>revoke-scope</b>: an embedded ledger in this process, checkpoints signed by a SoftHSM token's key, with
 * 100,000 artifacts, or as many as {@code --artifacts} says, of one workload on one host under one epoch, that the
 * ledger's own code recorded; none ends soon. All of the workload are revoked as the service does it, with the
 * counts before, while four writers each append an artifact of nobody's and pause for 20 ms; likewise of the host
 * and of the epoch, each in a copy. The JVM's heap is 256 MiB.
 *
 * <pre>
 * revoke-scope           from the order to signed status tokens of all lists, which deny every one
 * revoke-scope/host, …/epoch  likewise
 * …/committed            of that, until the last part's receipt
 * …/parts, …/part-cpu    how many leaves it was, and the processor time of the thread that commits for each, with
 *                        what others append meanwhile
 * …/append-p99, …-max    what the four writers waited for a receipt meanwhile; at most 250 ms
 * …/append-per-s         how many got one
 * …/append-p99-before, …-max-before  likewise, when nothing was revoked
 * revoke-scope/artifacts how many there were
 * revoke-scope/resident  the most that was resident of this process
 * </pre>
 *
 * <p><b>lease</b>: this process holds 200 leases for as many processes on a host with a TPM simulator, each under
 * an artifact of its own of one service. In each round a PCR is extended at a random moment; it ends when all 200
 * have ended. Then the host boots again. Leases are of a minute, and looks as often as {@code writ run}'s.
 *
 * <pre>
 * lease                  p99, from when the TPM has extended the PCR to a process's end, over all and all rounds
 * lease/p50, …/max       likewise
 * lease/rounds           rounds
 * lease/look             what one look takes: quote, its verification, in a session of its own; the median
 * lease/renewals         the service's processor time for one renewal, by the first of each lease of the first round
 * lease/renewals-p50     what one takes here, with quote and verification, while up to four are under way
 * lease/renewals-per-s   while those were made, which are spread over a fifth of half a lease
 * </pre>
 *
 * <p>Of run-start, stages are told apart by the log of loaded classes that any JVM can write, with its monotonic
 * clock: the product has no clock of its own for this. Where a stage's first class is not loaded, or out
 * of order, the run fails, since {@link dev.writ.benchmarks.RunParts} has the wrong list then.
 *
 * <p>Everything measured is real: quotes are a TPM simulator's, signatures a PKCS#11 token's, and the
 * ledger is on disk. Every input is verified at least once, or the run fails.
 */
@NullMarked
@CheckReturnValue
package dev.writ.benchmarks;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
