// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.hsm.HsmException;
import dev.writ.hsm.Pin;
import dev.writ.hsm.PinSource;
import dev.writ.tpm.ApprovedPolicy;
import dev.writ.tpm.Pcr;
import dev.writ.tpm.PcrValue;
import dev.writ.tpm.SealedData;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import dev.writ.tpm.UnsealOutcome;
import dev.writ.tpm.UnsealPolicy;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code writ keys seal-pin}: the token's PIN, sealed to the state of this host. */
@Command(
    name = "seal-pin",
    description = {
      "Seals the token's user PIN to this host's TPM, so that it comes out only while the PCRs are as the",
      "approver signed them. With --renew signs them anew after an update: that raises the TPM's counter,",
      "and what was signed before opens the PIN no more. A host has one sealed PIN: sealing another",
      "raises the counter, too."
    },
    mixinStandardHelpOptions = true)
final class KeysSealPinCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--pin-file",
      paramLabel = "FILE",
      description =
          "Holds the user PIN; readable by its owner alone. With --renew: seals this PIN instead.")
  @Nullable Path pinFile;

  @Option(
      names = "--approver-key",
      required = true,
      paramLabel = "FILE",
      description = "The approver's private key: P-256, PKCS#8 in PEM, its owner's alone.")
  Path approverKey = Path.of("");

  @Option(
      names = "--pcrs",
      paramLabel = "LIST",
      description =
          "Which PCRs must be as approved, "
              + PcrNotation.LIST
              + " (default: sha256:0,2,4,7; with --renew: those of the file).")
  @Nullable String pcrs;

  @Option(
      names = "--pcr-values",
      paramLabel = "LIST",
      description =
          "What some of them will be after an update, "
              + PcrNotation.VALUES
              + "; of the others what they are now.")
  @Nullable String pcrValues;

  @Option(names = "--renew", description = "Approve another state for the PIN that is in --out.")
  boolean renew;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description =
          "The sealed PIN. Must not exist yet; with --renew: must exist, and is replaced.")
  Path out = Path.of("");

  @Option(
      names = "--tpm",
      paramLabel = "TCTI",
      defaultValue = "${env:WRIT_TPM:-device:/dev/tpmrm0}",
      description = "How the TPM is reached (or WRIT_TPM; default: device:/dev/tpmrm0).")
  String tpm = "device:/dev/tpmrm0";

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  /** What is to be approved: which PCRs, and values that differ from what they are now. */
  private record Wanted(List<Pcr> pcrs, List<PcrValue> values) {}

  @Override
  public Integer call() throws CommandFailure {
    if (pinFile == null && !renew) {
      throw usage("--pin-file must be given, unless --renew is");
    }
    Optional<List<Pcr>> list = list();
    List<PcrValue> values = values();
    ApproverKeyFile approver = approver();
    SealedPinFile written;
    try {
      written = renew ? renewed(approver, list, values) : sealed(approver, list, values);
    } catch (IOException | MalformedSealedPinException e) {
      throw CommandFailure.configuration("--out " + out, e);
    } catch (TpmException e) {
      throw CommandFailure.configuration("--tpm", e);
    } catch (HsmException e) {
      throw CommandFailure.configuration("--pin-file", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("bug: the approver's key must sign, and does not", e);
    }
    print(written.approved().policy());
    return ExitStatus.DONE;
  }

  private SealedPinFile sealed(
      ApproverKeyFile approver, Optional<List<Pcr>> list, List<PcrValue> values)
      throws CommandFailure, IOException, TpmException, HsmException, GeneralSecurityException {
    Wanted wanted = wanted(list.orElseGet(() -> PcrNotation.list("sha256:0,2,4,7")), values);
    takePlace();
    boolean done = false;
    try (Tpm opened = Tpm.open(tpm)) {
      List<PcrValue> states = states(opened, wanted);
      SealedPinFile file = approved(opened, approver, seal(opened, approver), wanted, states);
      OwnersFile.replace(out, file.toJson());
      done = true;
      return file;
    } finally {
      if (!done) {
        Files.deleteIfExists(out);
      }
    }
  }

  private SealedPinFile renewed(
      ApproverKeyFile approver, Optional<List<Pcr>> list, List<PcrValue> values)
      throws CommandFailure,
          IOException,
          MalformedSealedPinException,
          TpmException,
          HsmException,
          GeneralSecurityException {
    SealedPinFile before = SealedPinFile.read(out);
    requireSame(approver, before);
    Wanted wanted =
        wanted(
            list.orElseGet(
                () -> before.approved().policy().pcrs().stream().map(PcrValue::pcr).toList()),
            values);
    try (Tpm opened = Tpm.open(tpm)) {
      List<PcrValue> states = states(opened, wanted);
      SealedData data = before.data();
      if (pinFile == null) {
        requireRenewable(opened, before, states);
      } else {
        data = seal(opened, approver);
      }
      SealedPinFile file = approved(opened, approver, data, wanted, states);
      OwnersFile.replace(out, file.toJson());
      return file;
    }
  }

  /**
   * Raises the counter and approves {@code states} for its new value. Tried at once, where the host is in
   * that state: a PIN that would not come out must be known of while its file is at hand.
   */
  private SealedPinFile approved(
      Tpm opened, ApproverKeyFile approver, SealedData data, Wanted wanted, List<PcrValue> states)
      throws CommandFailure, TpmException, GeneralSecurityException {
    // serve has it quote, and may run where the owner's authorization, which making it takes, is
    // set.
    var unused = opened.attestationKey();
    UnsealPolicy policy = new UnsealPolicy(states, opened.raiseUnsealCounter());
    ApprovedPolicy approved = approver.approve(data, policy);
    UnsealOutcome outcome = opened.unseal(data, approved);
    if (outcome instanceof UnsealOutcome.Unsealed unsealed) {
      unsealed.close();
    } else if (wanted.values().isEmpty() || !(outcome instanceof UnsealOutcome.PcrsDiffer)) {
      throw CommandFailure.configuration(
          "the PIN must come out again, and stays sealed: " + UnsealRefusal.sentence(outcome));
    } else {
      spec.commandLine()
          .getErr()
          .println(
              "writ: the PIN stays sealed until the host is in the state that was approved: what was"
                  + " approved before opens it no more");
    }
    return new SealedPinFile(data, approved);
  }

  private SealedData seal(Tpm opened, ApproverKeyFile approver)
      throws CommandFailure, TpmException, HsmException {
    try (Pin pin = PinSource.file(pinFile()).read()) {
      if (pin.bytes().length > SealedData.MAX_SECRET_BYTES) {
        throw CommandFailure.configuration(
            "--pin-file: a PIN that is sealed must be at most "
                + SealedData.MAX_SECRET_BYTES
                + " bytes, and is longer");
      }
      return opened.seal(pin.bytes(), approver.approver());
    }
  }

  private Path pinFile() {
    if (pinFile == null) {
      throw new IllegalStateException("bug: without --pin-file nothing is sealed");
    }
    return pinFile;
  }

  private static void requireSame(ApproverKeyFile approver, SealedPinFile before)
      throws CommandFailure {
    if (!approver.approver().key().getW().equals(before.data().approver().key().getW())) {
      throw CommandFailure.invalid(
          "--approver-key must be the key that approved the PIN when it was sealed, and is another:"
              + " give that one, or seal the PIN anew into another file");
    }
  }

  /** What can be known before the counter is raised, which nobody can undo. */
  private void requireRenewable(Tpm opened, SealedPinFile before, List<PcrValue> states)
      throws CommandFailure, TpmException {
    UnsealOutcome outcome = opened.unseal(before.data(), before.approved());
    if (outcome instanceof UnsealOutcome.Unsealed unsealed) {
      unsealed.close();
    } else if (outcome instanceof UnsealOutcome.OtherTpm
        || outcome instanceof UnsealOutcome.Altered
        || outcome instanceof UnsealOutcome.NotApproved) {
      throw CommandFailure.invalid(UnsealRefusal.sentence(outcome));
    }
    if (!(outcome instanceof UnsealOutcome.CounterDiffers)
        && same(states, before.approved().policy().pcrs())) {
      throw CommandFailure.invalid(
          "the state to approve must be another than the file's, and nothing would change: these PCRs"
              + " are approved so for the counter as it is");
    }
  }

  private static boolean same(List<PcrValue> some, List<PcrValue> others) {
    if (some.size() != others.size()) {
      return false;
    }
    for (int i = 0; i < some.size(); i++) {
      if (!some.get(i).pcr().equals(others.get(i).pcr())
          || !Arrays.equals(some.get(i).value(), others.get(i).value())) {
        return false;
      }
    }
    return true;
  }

  /** The state to approve. */
  private static List<PcrValue> states(Tpm opened, Wanted wanted) throws TpmException {
    Map<Pcr, PcrValue> states = new TreeMap<>();
    opened.pcrValues(wanted.pcrs()).forEach(value -> states.put(value.pcr(), value));
    wanted.values().forEach(value -> states.put(value.pcr(), value));
    return List.copyOf(states.values());
  }

  private void takePlace() throws IOException {
    try {
      OwnersFile.take(out);
    } catch (FileAlreadyExistsException e) {
      throw new IOException(
          "must not exist yet: give another, or --renew to approve another state for the PIN in it",
          e);
    }
  }

  private ApproverKeyFile approver() throws CommandFailure {
    try {
      return ApproverKeyFile.read(approverKey);
    } catch (IOException | GeneralSecurityException e) {
      throw CommandFailure.configuration("--approver-key", e);
    }
  }

  private Optional<List<Pcr>> list() {
    try {
      return Optional.ofNullable(pcrs).map(PcrNotation::list);
    } catch (IllegalArgumentException e) {
      throw usage("--pcrs must be a list " + PcrNotation.LIST + ": " + e.getMessage());
    }
  }

  private List<PcrValue> values() {
    try {
      return pcrValues == null ? List.of() : PcrNotation.values(pcrValues);
    } catch (IllegalArgumentException e) {
      throw usage("--pcr-values must be a list " + PcrNotation.VALUES + ": " + e.getMessage());
    }
  }

  private Wanted wanted(List<Pcr> list, List<PcrValue> values) {
    for (PcrValue value : values) {
      if (!list.contains(value.pcr())) {
        throw usage("--pcr-values must be of PCRs to approve, and names " + value.pcr());
      }
    }
    return new Wanted(list, values);
  }

  private ParameterException usage(String sentence) {
    return new ParameterException(spec.commandLine(), sentence);
  }

  private void print(UnsealPolicy policy) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("sealed_pin", out.toString());
    facts.put("counter", policy.counter());
    facts.put("pcrs", policy.pcrs().stream().map(value -> value.pcr().toString()).toList());
    new Printer(spec.commandLine().getOut(), output).print(facts);
  }
}
