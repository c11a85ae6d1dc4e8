// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.StatusToken;
import dev.writ.ledger.LedgerException;
import dev.writ.lineage.Lineage;
import dev.writ.service.LeafName;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MissingTileException;
import dev.writ.tlog.UnprovenException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ pack}: everything about a decision, or some leaves, in one file for an auditor. */
@Command(
    name = "pack",
    description = {
      "Writes an evidence pack, a ZIP for an auditor: a decision, or the leaves of a range, with all that",
      "they come from and that came of them, each leaf with its proof; Evidence, inputs, policies and boot",
      "logs as they are kept; trust files, keys, lineage, and a report to read. Who has it and a trust file",
      "verifies it anywhere with writ verify --pack. The same log and question give the same bytes."
    },
    footer = {
      "",
      "A pack shows what the store keeps: requests, names and arguments of whoever asked, with the salts that",
      "open leaves' commitments. It is its owner's alone (0600). What was erased is said to be missing.",
      "Ends with 0 where the pack that was written holds and is whole, with 1 where it holds and what was",
      "asked for is missing from it, with 5 where what the store has does not hold."
    },
    mixinStandardHelpOptions = true)
final class PackCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin StoreOptions store = new StoreOptions();

  @ArgGroup(multiplicity = "1")
  DecisionOrRange which = new DecisionOrRange();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "Where to; there must be nothing yet.")
  Path out = Path.of("");

  @Option(
      names = "--status",
      paramLabel = "FILE",
      description = "A status token to put in, such as the trust file's status URI gives.")
  @Nullable Path status;

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    Optional<LeafSpan.Wanted> range = which.wanted();
    Path absolute = out.toAbsolutePath();
    if (Files.exists(absolute)) {
      throw CommandFailure.configuration("--out must be a new file, and there is one: " + out);
    }
    Optional<byte[]> token = token();
    try (StoreOptions.Opened opened = store.open()) {
      LeafSpan span =
          range.isPresent()
              ? range.get().of(opened.ledger().size())
              : decision(opened, String.valueOf(which.decision));
      if (span.count() == 0) {
        throw CommandFailure.usage("--range must have a leaf, and has none");
      }
      if (opened.ledger().size() > Lineage.MAX_LEAVES) {
        throw CommandFailure.configuration(
            "an evidence pack is made of a log of at most "
                + Lineage.MAX_LEAVES
                + " leaves, of which all are read, and this has "
                + opened.ledger().size());
      }
      Path whole = Files.createTempFile(absolute.getParent(), ".writ", null);
      try {
        write(opened, span, range.isPresent(), token, whole);
        List<PackCheck> checks = PackVerifier.verify(whole, opened.trust());
        Path unused = Files.move(whole, absolute, StandardCopyOption.ATOMIC_MOVE);
        return print(checks);
      } finally {
        boolean unused = Files.deleteIfExists(whole);
      }
    } catch (MissingTileException | UnprovenException e) {
      throw CommandFailure.integrity(
          "the store must have every leaf that its checkpoint covers: "
              + e.getMessage()
              + "; where leaves lie in an archive, ledger.archive.folder must name it, and a pruned copy of"
              + " a log cannot be made a pack of");
    } catch (IOException e) {
      throw e.getCause() instanceof LedgerException failure
          ? StoreOptions.failure(failure)
          : CommandFailure.configuration("--out " + out, e);
    } catch (LedgerException e) {
      throw StoreOptions.failure(e);
    }
  }

  private Optional<byte[]> token() throws CommandFailure {
    if (status == null) {
      return Optional.empty();
    }
    try {
      byte[] bytes = BoundedFile.read(status, StatusToken.MAX_LENGTH);
      String text = new String(bytes, StandardCharsets.ISO_8859_1).strip();
      return Optional.of(text.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw CommandFailure.configuration("the status token " + status, e);
    }
  }

  private static LeafSpan decision(StoreOptions.Opened opened, String decision)
      throws CommandFailure, LedgerException {
    OptionalLong index = LeafName.of(LeafArgument.lower(decision)).indexIn(opened.ledger());
    boolean isDecision =
        index.isPresent()
            && opened
                .ledger()
                .leaf(index.getAsLong())
                .flatMap(leaf -> PackedLeaves.parse(leaf.bytes()))
                .filter(PackedDecision::isAnswered)
                .isPresent();
    if (!isDecision) {
      throw CommandFailure.invalid(
          "a decision must have the name " + decision + ", and none among the log's leaves has");
    }
    return new LeafSpan(index.getAsLong(), index.getAsLong() + 1);
  }

  private static void write(
      StoreOptions.Opened opened, LeafSpan span, boolean isRange, Optional<byte[]> token, Path file)
      throws CommandFailure, LedgerException, IOException {
    try (PackWriter pack = PackWriter.into(file)) {
      new PackBuilder(opened, token).write(span.from(), span.to(), isRange, pack);
      PackContents contents = PackContents.read(pack);
      PackTrust trust = PackTrust.follow(contents, opened.trust());
      SortedMap<String, byte[]> made = new TreeMap<>(PackDerivation.of(contents, trust).members());
      for (Map.Entry<String, byte[]> member : made.entrySet()) {
        pack.put(member.getKey(), member.getValue());
      }
      pack.put(PackNames.MANIFEST, PackDerivation.manifest(contents, pack.members()));
      pack.finish();
    } catch (MalformedPackException e) {
      throw CommandFailure.integrity(
          "what the store has must make a pack, and does not: " + e.getMessage());
    }
  }

  private int print(List<PackCheck> checks) throws IOException {
    boolean holds = PackVerifier.holds(checks);
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("pack", out);
    facts.put("bytes", Files.size(out));
    facts.put("sha256", sha256());
    facts.put("holds", holds);
    facts.put("whole", PackVerifier.isWhole(checks));
    for (PackCheck check : checks) {
      if (check.outcome() != PackCheck.Outcome.HOLDS || output == OutputFormat.text) {
        facts.put(check.name().wire(), check.outcome().word() + ": " + check.what());
      }
    }
    new Printer(spec.commandLine().getOut(), output).print(facts);
    if (!holds) {
      return ExitStatus.INTEGRITY;
    }
    return PackVerifier.isWhole(checks) ? ExitStatus.DONE : ExitStatus.DENIED;
  }

  /** Not all of it in memory. */
  private Hash sha256() throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    try (InputStream in = new DigestInputStream(Files.newInputStream(out), digest)) {
      long unused = in.transferTo(OutputStream.nullOutputStream());
    }
    return Hash.of(digest.digest());
  }
}
