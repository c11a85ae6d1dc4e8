// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.Hash;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.TrustedCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Verifies a pack with nothing but a trust file: no network, no clock, and nothing of the service's. What was
 * made from the rest is made once more and compared, so that whoever reads the report reads what was verified.
 */
final class PackVerifier {
  private static final long MAX_INDEX = (1L << 53) - 1;
  private static final int MAX_CONSISTENCY = 16 * 1024;
  private static final int MAX_PATH = 128;
  private static final int TOLD = 3;

  private final PackFile pack;
  private final TrustFile believed;
  private final List<PackCheck> checks = new ArrayList<>();

  private PackVerifier(PackFile pack, TrustFile believed) {
    this.pack = pack;
    this.believed = believed;
  }

  /**
   * Verifies a pack.
   *
   * @param believed may be believed
   * @return every check in its order
   */
  static List<PackCheck> verify(Path file, TrustFile believed) throws IOException {
    List<PackCheck> checks = new ArrayList<>();
    try (PackFile pack = PackFile.open(file)) {
      PackVerifier verifier = new PackVerifier(pack, believed);
      verifier.run();
      checks.addAll(verifier.checks);
    } catch (MalformedPackException e) {
      checks.add(PackCheck.fails(PackCheck.Name.CONTAINER, String.valueOf(e.getMessage())));
    }
    Set<PackCheck.Name> reached = new HashSet<>();
    checks.forEach(check -> reached.add(check.name()));
    for (PackCheck.Name name : PackCheck.Name.values()) {
      if (!reached.contains(name)) {
        checks.add(
            new PackCheck(name, PackCheck.Outcome.NOT_REACHED, "something before it failed"));
      }
    }
    return checks;
  }

  /** Whether what a pack says may be relied on: nothing failed, and every check was reached. */
  static boolean holds(List<PackCheck> checks) {
    return checks.stream()
        .noneMatch(
            check ->
                check.outcome() == PackCheck.Outcome.FAILS
                    || check.outcome() == PackCheck.Outcome.NOT_REACHED);
  }

  /** Whether what it was asked for is all there. */
  static boolean isWhole(List<PackCheck> checks) {
    return checks.stream().noneMatch(check -> check.outcome() == PackCheck.Outcome.MISSING);
  }

  private void run() throws IOException {
    holds(
        PackCheck.Name.CONTAINER,
        pack.order().size() + " members, stored one behind the other, and nothing else");
    PackContents contents;
    try {
      contents = PackContents.read(pack);
    } catch (MalformedPackException e) {
      fails(PackCheck.Name.CONTENTS, String.valueOf(e.getMessage()));
      return;
    }
    manifest(contents);
    holds(
        PackCheck.Name.CONTENTS,
        contents.leaves().size() + " leaves, " + contents.trust().size() + " trust files");
    PackTrust trust;
    try {
      trust = PackTrust.follow(contents, believed);
    } catch (MalformedPackException e) {
      fails(PackCheck.Name.TRUST, String.valueOf(e.getMessage()));
      return;
    }
    holds(
        PackCheck.Name.TRUST,
        "versions "
            + trust.first().content().version()
            + " to "
            + trust.newest().content().version()
            + ", with version "
            + believed.content().version()
            + ", which is believed");
    if (!checkpoint(contents, trust) || !inclusion(contents)) {
      return;
    }
    range(contents);
    consistency(contents);
    PackJudgement judgement = new PackJudgement(contents, trust);
    checks.add(judgement.payloads());
    checks.add(judgement.policies());
    checks.add(judgement.keys());
    checks.add(judgement.approvals());
    try {
      PackDerivation derivation = PackDerivation.of(contents, trust);
      checks.add(judgement.lineage(derivation));
      checks.add(judgement.replays(derivation.replays()));
      PackedArtifacts artifacts = new PackedArtifacts(contents, trust, derivation.bundles());
      checks.add(artifacts.bundles());
      checks.add(derivation.revocations().check());
      checks.add(artifacts.status(derivation.revocations()));
      derived(contents, derivation);
    } catch (MalformedPackException e) {
      fails(PackCheck.Name.REPLAY, String.valueOf(e.getMessage()));
    }
  }

  private void holds(PackCheck.Name name, String what) {
    checks.add(PackCheck.holds(name, what));
  }

  private void fails(PackCheck.Name name, String what) {
    checks.add(PackCheck.fails(name, what));
  }

  /** The first few of what is wrong, or that nothing is. */
  static PackCheck of(PackCheck.Name name, List<String> wrong, String right) {
    return wrong.isEmpty()
        ? PackCheck.holds(name, right)
        : PackCheck.fails(
            name,
            String.join("; ", wrong.subList(0, Math.min(TOLD, wrong.size())))
                + (wrong.size() > TOLD ? "; and " + (wrong.size() - TOLD) + " more" : ""));
  }

  private void manifest(PackContents contents) throws IOException {
    if (!pack.order().get(pack.order().size() - 1).equals(PackNames.MANIFEST)) {
      fails(PackCheck.Name.MANIFEST, "the manifest must be the last member, and is not");
      return;
    }
    SortedMap<String, PackMembers.Member> listed = new TreeMap<>();
    try {
      JsonMembers json = StrictJson.parse(pack.bytes(PackNames.MANIFEST), PackZip.MAX_MEMBER);
      for (JsonMembers row : json.objects("members", PackZip.MAX_MEMBERS)) {
        String name = row.text("name");
        PackMembers.Member member =
            new PackMembers.Member(
                0, (int) row.integer("size", 0, PackZip.MAX_MEMBER), row.hash("sha256"));
        row.end();
        if (listed.put(name, member) != null) {
          fails(PackCheck.Name.MANIFEST, name + " must be listed once, and is twice");
          return;
        }
      }
    } catch (MalformedJsonException e) {
      fails(PackCheck.Name.MANIFEST, "it must be a manifest: " + e.getMessage());
      return;
    }
    List<String> wrong = new ArrayList<>();
    pack.members()
        .forEach(
            (name, member) -> {
              PackMembers.Member as = listed.remove(name);
              if (as == null && !name.equals(PackNames.MANIFEST)) {
                wrong.add(name + " must be listed, and is not");
              } else if (as != null
                  && (as.size() != member.size() || !as.sha256().equals(member.sha256()))) {
                wrong.add(
                    name + " must be of SHA-256 " + as.sha256() + ", is of " + member.sha256());
              }
            });
    listed.keySet().forEach(name -> wrong.add(name + " must be there, and is missing"));
    if (wrong.isEmpty()
        && !Arrays.equals(
            PackDerivation.manifest(contents, pack.members()), pack.bytes(PackNames.MANIFEST))) {
      wrong.add("it must be of this log, in canonical JSON, and is not");
    }
    checks.add(
        of(
            PackCheck.Name.MANIFEST,
            wrong,
            "of SHA-256 " + Hash.sha256(pack.bytes(PackNames.MANIFEST))));
  }

  private boolean checkpoint(PackContents contents, PackTrust trust) {
    CheckpointOutcome outcome = trust.verifyCheckpoint(contents);
    if (outcome instanceof CheckpointOutcome.Refused refused) {
      fails(PackCheck.Name.CHECKPOINT, refused.reason());
      return false;
    }
    TrustedCheckpoint trusted = (TrustedCheckpoint) outcome;
    holds(
        PackCheck.Name.CHECKPOINT,
        trusted.checkpoint().origin()
            + ", "
            + trusted.checkpoint().size()
            + " leaves, root "
            + trusted.checkpoint().root()
            + ", "
            + trusted.cosignatures().size()
            + " cosignatures");
    return true;
  }

  private boolean inclusion(PackContents contents) {
    List<String> wrong = new ArrayList<>();
    contents
        .leaves()
        .forEach(
            (at, packed) -> {
              if (!packed.isProven()) {
                wrong.add("leaf " + at + " must lead to the checkpoint's root, and does not");
              }
            });
    checks.add(
        of(PackCheck.Name.INCLUSION, wrong, contents.leaves().size() + " leaves lead to the root"));
    return wrong.isEmpty();
  }

  private void range(PackContents contents) {
    PackQuestion question = contents.question();
    List<String> wrong = new ArrayList<>();
    for (long at = question.start(); at < question.end() && wrong.size() <= TOLD; at++) {
      if (!contents.leaves().containsKey(at)) {
        wrong.add("leaf " + at + " was asked for and must be there, and is missing");
      }
    }
    if (!question.isRange()
        && (question.end() != question.start() + 1
            || contents.asked().values().stream()
                .noneMatch(packed -> PackedDecision.isAnswered(packed.leaf())))) {
      wrong.add("leaf " + question.start() + " must be a decision, and is none");
    }
    checks.add(
        of(
            PackCheck.Name.RANGE,
            wrong,
            "every leaf from " + question.start() + " to before " + question.end()));
  }

  private void consistency(PackContents contents) throws IOException {
    long size = contents.checkpoint().size();
    Set<Long> must = new TreeSet<>();
    for (long end : List.of(contents.question().start(), contents.question().end())) {
      if (end > 0 && end < size) {
        must.add(end);
      }
    }
    List<String> wrong = new ArrayList<>();
    try {
      NavigableMap<Long, String> there = PackContents.numbered(pack, PackNames.CONSISTENCY);
      if (!there.keySet().equals(must)) {
        wrong.add("proofs must be there from sizes " + must + ", are from " + there.keySet());
      }
      for (Map.Entry<Long, String> proof : there.entrySet()) {
        consistency(contents, proof.getKey(), pack.bytes(proof.getValue()))
            .ifPresent(why -> wrong.add(proof.getValue() + ": " + why));
      }
    } catch (MalformedPackException e) {
      wrong.add(String.valueOf(e.getMessage()));
    }
    checks.add(of(PackCheck.Name.CONSISTENCY, wrong, "from sizes " + must + " to " + size));
  }

  private static Optional<String> consistency(PackContents contents, long oldSize, byte[] bytes) {
    try {
      JsonMembers json = StrictJson.parse(bytes, MAX_CONSISTENCY);
      json.version();
      long size = json.integer("old_size", 1, MAX_INDEX);
      Hash oldRoot = json.hash("old_root");
      long newSize = json.integer("new_size", 1, MAX_INDEX);
      List<Hash> path = json.hashes("path", MAX_PATH);
      json.end();
      if (size != oldSize || newSize != contents.checkpoint().size()) {
        return Optional.of("it must be from its size to the checkpoint's, and is not");
      }
      return new ConsistencyProof(size, newSize, path).verify(oldRoot, contents.checkpoint().root())
              instanceof ProofOutcome.NotProven not
          ? Optional.of(not.reason())
          : Optional.empty();
    } catch (MalformedJsonException | IllegalArgumentException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private void derived(PackContents contents, PackDerivation derivation) throws IOException {
    SortedMap<String, byte[]> made = derivation.members();
    List<String> wrong = new ArrayList<>();
    for (Map.Entry<String, byte[]> member : made.entrySet()) {
      if (!pack.members().containsKey(member.getKey())) {
        wrong.add(member.getKey() + " must be there, and is missing");
      } else if (!Arrays.equals(member.getValue(), pack.bytes(member.getKey()))) {
        wrong.add(member.getKey() + " must be what the rest of the pack gives, and is another");
      }
    }
    Set<String> given = given(contents);
    for (String name : pack.members().keySet()) {
      if (!made.containsKey(name) && !given.contains(name)) {
        wrong.add(name + " must have a place in a pack, and has none");
      }
    }
    checks.add(
        of(PackCheck.Name.DERIVED, wrong, made.size() + " members made again, byte for byte"));
  }

  /** The names of all that may be in a pack and is not made from the rest. */
  private static Set<String> given(PackContents contents) {
    Set<String> known =
        new HashSet<>(
            List.of(
                PackNames.QUESTION,
                PackNames.CHECKPOINT,
                PackNames.STATUS_TOKEN,
                PackNames.MANIFEST,
                PackNames.MAKER_ROOTS,
                PackNames.MAKER_INTERMEDIATES,
                PackNames.MAKER_LISTS));
    contents
        .leaves()
        .forEach(
            (at, packed) -> {
              known.add(PackNames.leaf(at));
              known.add(PackNames.proof(at));
              known.add(PackContents.beside(at, packed.leaf()));
            });
    contents.question().bootLogs().forEach(log -> known.add(PackNames.bootLog(log.leafIndex())));
    contents.trust().keySet().forEach(version -> known.add(PackNames.trust(version)));
    known.add(PackNames.consistency(contents.question().start()));
    known.add(PackNames.consistency(contents.question().end()));
    return known;
  }
}
