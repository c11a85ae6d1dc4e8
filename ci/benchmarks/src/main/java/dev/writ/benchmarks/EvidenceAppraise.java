// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import com.sun.management.ThreadMXBean;
import dev.writ.evidence.Appraisal;
import dev.writ.evidence.Appraiser;
import dev.writ.evidence.BootLog;
import dev.writ.evidence.CodedLog;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.ImaAppraisal;
import dev.writ.evidence.ImaAppraiser;
import dev.writ.evidence.ImaOutcome;
import dev.writ.evidence.ImaPolicy;
import dev.writ.evidence.ImaPosition;
import dev.writ.evidence.ImaReplay;
import dev.writ.evidence.ImaReplayed;
import dev.writ.evidence.ImaSegment;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.QuoteOutcome;
import dev.writ.evidence.QuoteVerifier;
import dev.writ.evidence.ReferenceValues;
import dev.writ.evidence.TrustTier;
import dev.writ.evidence.VerifiedQuote;
import java.lang.management.ManagementFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;

/**
 * How fast whole evidence is verified and appraised, on one thread, from the bytes of its package:
 * quote, boot log, measurement list. What the lines are is in the package's documentation.
 */
final class EvidenceAppraise implements Benchmark {
  private static final String UNIT = "packages/s";
  private static final String TOOLS = "beside/tpm2-tools";
  private static final String TOOLS_WITHOUT_START = TOOLS + "/less-start";
  private static final String SHA256 = "beside/sha-256";
  private static final double BYTES_PER_MB = 1e6;
  private static final int ALLOCATION_ROUNDS = 200;

  @Override
  public String description() {
    return "quote, boot log and IMA list verified and appraised, beside tpm2-tools on quote and boot log";
  }

  @Override
  public void run(Setting setting, Report report) throws Exception {
    MeasuredMachine machine = MeasuredMachine.boot(setting.work());
    Verifier first = new Verifier(machine, machine.whole(), ImaPosition.START);
    Verifier unchanged = new Verifier(machine, machine.unchanged(), first.reached());
    Verifier bootLogAlone = new Verifier(machine, machine.bootLogAlone(), ImaPosition.START);
    ListAppraisal list = new ListAppraisal(machine, first.quote());
    List<Double> rates =
        setting
            .rounds()
            .run(
                List.of(
                    Contender.loop(first),
                    Contender.loop(unchanged),
                    Contender.loop(bootLogAlone),
                    Contender.loop(list),
                    Contender.loop(new Hashing(machine.imaList())),
                    Contender.loop(machine.tools()),
                    Contender.loop(machine.toolsForNothing())));
    double tools = rates.get(5);
    report.add(setting.name(), rates.get(0), UNIT, TOOLS);
    report.add(setting.variant("incremental"), rates.get(1), UNIT, TOOLS);
    report.add(setting.variant("quote-and-boot-log"), rates.get(2), UNIT, TOOLS);
    report.add(
        setting.variant("quote-and-boot-log/beside-less-start"),
        rates.get(2),
        UNIT,
        TOOLS_WITHOUT_START);
    double megabytes = machine.imaList().length / BYTES_PER_MB;
    report.add(setting.variant("ima"), rates.get(3) * megabytes, "MB/s", SHA256);
    report.add(setting.variant("allocated"), allocation(first), "bytes/package");
    report.add(setting.variant("incremental/allocated"), allocation(unchanged), "bytes/package");
    report.add(setting.variant("boot-log"), machine.bootLogBytes(), "bytes");
    report.add(setting.variant("ima-list"), machine.imaList().length, "bytes");
    report.add(TOOLS, tools, UNIT);
    report.add(TOOLS_WITHOUT_START, 1 / (1 / tools - 1 / rates.get(6)), UNIT);
    report.add(SHA256, rates.get(4) * megabytes, "MB/s");
  }

  /** What a warm verification allocates, in the mean. */
  private static double allocation(Verifier verifier) throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < ALLOCATION_ROUNDS; i++) {
      verifier.once();
    }
    return (double) (threads.getCurrentThreadAllocatedBytes() - before) / ALLOCATION_ROUNDS;
  }

  /** Verifies packages of one kind in turn, as a service does that knows the host. */
  private static final class Verifier implements Contender.Operation {
    private final MeasuredMachine machine;
    private final List<MeasuredMachine.Sent> packages;
    private final ImaPosition known;
    private int next;

    Verifier(MeasuredMachine machine, List<MeasuredMachine.Sent> packages, ImaPosition known) {
      this.machine = machine;
      this.packages = packages;
      this.known = known;
    }

    @Override
    public void once() throws MalformedEvidenceException {
      Appraisal appraisal = appraise(packages.get(next));
      if (appraisal.overall() != TrustTier.AFFIRMING) {
        throw new IllegalStateException("all rules must hold, failed " + appraisal.failed());
      }
      next = (next + 1) % packages.size();
    }

    private Appraisal appraise(MeasuredMachine.Sent sent) throws MalformedEvidenceException {
      Evidence evidence = Evidence.parse(sent.evidence());
      VerifiedQuote quote = verify(evidence, sent);
      Optional<BootLog> boot = Optional.of(BootLog.parse(expanded(evidence.bootLog())));
      Optional<ImaOutcome> list =
          evidence.imaList().isEmpty()
              ? Optional.empty()
              : Optional.of(
                  ImaReplay.resume(
                      known, ImaSegment.parse(evidence.imaList().get().expand()), quote));
      ReferenceValues expected =
          list.isPresent() ? machine.expected() : machine.expectedWithoutList();
      return Appraiser.appraise(quote, Optional.empty(), expected, boot, list);
    }

    private VerifiedQuote verify(Evidence evidence, MeasuredMachine.Sent sent) {
      QuoteOutcome outcome =
          QuoteVerifier.verify(
              evidence, machine.attestationKey(), sent.qualifyingData(), MeasuredMachine.SELECTION);
      if (outcome instanceof VerifiedQuote quote) {
        return quote;
      }
      throw new IllegalStateException("the TPM's quote must verify: " + outcome);
    }

    private static byte[] expanded(Optional<CodedLog> log) throws MalformedEvidenceException {
      return log.orElseThrow().expand();
    }

    /** The quote of the first package. */
    VerifiedQuote quote() throws MalformedEvidenceException {
      return verify(Evidence.parse(packages.get(0).evidence()), packages.get(0));
    }

    /** How far the list got. */
    ImaPosition reached() throws MalformedEvidenceException {
      return appraise(packages.get(0)).imaPosition().orElseThrow();
    }
  }

  /** The list replayed and each entry judged, without what comes around it in a package. */
  private static final class ListAppraisal implements Contender.Operation {
    private final ImaSegment list;
    private final ImaPolicy policy;
    private final VerifiedQuote quote;

    ListAppraisal(MeasuredMachine machine, VerifiedQuote quote) {
      this.list = machine.imaSegment();
      this.policy = machine.expected().ima().orElseThrow();
      this.quote = quote;
    }

    @Override
    public void once() throws MalformedEvidenceException {
      ImaOutcome outcome = ImaReplay.resume(ImaPosition.START, list, quote);
      ImaAppraisal appraisal = ImaAppraiser.appraise((ImaReplayed) outcome, policy);
      if (appraisal.rules().stream().anyMatch(rule -> rule.tier() != TrustTier.AFFIRMING)) {
        throw new IllegalStateException("all files must be allowed: " + appraisal.rules());
      }
    }
  }

  /** The list's bytes hashed once, which is the least that any verifier does. */
  private static final class Hashing implements Contender.Operation {
    private final byte[] list;
    private final MessageDigest sha256;

    Hashing(byte[] list) throws NoSuchAlgorithmException {
      this.list = list;
      this.sha256 = MessageDigest.getInstance("SHA-256");
    }

    @Override
    public void once() {
      if (sha256.digest(list).length != 32) {
        throw new IllegalStateException("a digest must have 32 bytes");
      }
    }
  }
}
