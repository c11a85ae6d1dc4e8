// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.MalformedStatusTokenException;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.StatusToken;
import dev.writ.ledger.LedgerException;
import dev.writ.lineage.Lineage;
import dev.writ.service.Replay;
import dev.writ.service.Replayed;
import dev.writ.service.ServiceIdentity;
import dev.writ.service.ServiceStartException;
import dev.writ.tlog.LogPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What is made from the rest of a pack, by who makes it and once more by who verifies it: bundles, keys for
 * others' tools, lineage, replays, the report. None of it is believed for being there.
 */
final class PackDerivation {
  private final PackContents contents;
  private final PackTrust trust;
  private final Lineage lineage;
  private final List<Replayed> replays;
  private final PackedRevocations revocations;

  private PackDerivation(
      PackContents contents,
      PackTrust trust,
      Lineage lineage,
      List<Replayed> replays,
      PackedRevocations revocations) {
    this.contents = contents;
    this.trust = trust;
    this.lineage = lineage;
    this.replays = List.copyOf(replays);
    this.revocations = revocations;
  }

  /** Decides again what was asked for, and computes how the leaves hang together. */
  static PackDerivation of(PackContents contents, PackTrust trust)
      throws IOException, MalformedPackException {
    try {
      List<Replayed> replays = new ArrayList<>();
      PackedLog log = new PackedLog(contents);
      Replay replay =
          new Replay(
              log,
              new ServiceIdentity(
                  trust.first().content().issuer(),
                  contents.question().tenant(),
                  trust.first().logOrigin()),
              trust.first(),
              contents.makers(),
              BulkVerification.provider());
      for (long at : contents.asked().keySet()) {
        replay.on(log.leaf(at).orElseThrow(), contents.payload(at)).ifPresent(replays::add);
      }
      Lineage lineage =
          Lineage.of(
              new PackedLeafSource(contents),
              new TreeSet<>(contents.leaves().keySet()),
              PackedLeaves.openings(new TreeSet<>(contents.leaves().keySet()), contents::payload));
      return new PackDerivation(
          contents, trust, lineage, replays, PackedRevocations.of(contents, lineage));
    } catch (LedgerException | ServiceStartException e) {
      throw new MalformedPackException(
          "the pack", "one that decisions can be made again from", String.valueOf(e.getMessage()));
    }
  }

  /** How the leaves hang together. */
  Lineage lineage() {
    return lineage;
  }

  /** The decisions that were asked for, decided again. */
  List<Replayed> replays() {
    return replays;
  }

  /** What ended the artifacts of these decisions. */
  PackedRevocations revocations() {
    return revocations;
  }

  /** The proof bundles, by their artifacts' leaves. */
  SortedMap<Long, ProofBundle> bundles() throws IOException {
    SortedMap<Long, ProofBundle> bundles = new TreeMap<>();
    Optional<StatusToken> token = statusToken();
    for (Map.Entry<Long, PackContents.Packed> each : contents.leaves().entrySet()) {
      if (each.getValue().leaf().body() instanceof LeafBody.DecisionAllow) {
        Optional<Artifact> artifact = artifact(each.getKey());
        String proof = each.getValue().proof().format();
        artifact.ifPresent(
            found ->
                bundles.put(
                    each.getKey(),
                    token.isPresent()
                        ? ProofBundle.of(found, each.getValue().leaf(), proof, token.get())
                        : ProofBundle.of(found, each.getValue().leaf(), proof)));
      }
    }
    return bundles;
  }

  private Optional<StatusToken> statusToken() throws IOException {
    Optional<String> text = contents.statusToken();
    try {
      return text.isPresent() ? Optional.of(StatusToken.parse(text.get())) : Optional.empty();
    } catch (MalformedStatusTokenException e) {
      // Its own check says so.
      return Optional.empty();
    }
  }

  private Optional<Artifact> artifact(long at) throws IOException {
    try {
      Optional<String> compact =
          contents.payload(at).flatMap(PackedDecision::read).flatMap(PackedDecision::artifact);
      return compact.isPresent() ? Optional.of(Artifact.parse(compact.get())) : Optional.empty();
    } catch (MalformedArtifactException e) {
      // A replay says so.
      return Optional.empty();
    } catch (LedgerException e) {
      throw new IOException(e);
    }
  }

  /** All members that are made, but for the manifest. */
  SortedMap<String, byte[]> members() throws IOException {
    SortedMap<String, byte[]> made = new TreeMap<>();
    for (Map.Entry<Long, ProofBundle> bundle : bundles().entrySet()) {
      LeafBody.DecisionAllow allow =
          (LeafBody.DecisionAllow) contents.at(bundle.getKey()).leaf().body();
      made.put(PackNames.bundle(allow.jti()), bundle.getValue().toJson());
    }
    made.put(PackNames.ISSUER_KEYS, utf8(trust.newest().jwks(KeyRole.ISSUER)));
    made.put(PackNames.STATUS_KEYS, utf8(trust.newest().jwks(KeyRole.STATUS)));
    made.put(PackNames.LOG_KEYS, utf8(logKeys()));
    made.put(PackNames.LINEAGE, lineage.leaves(new TreeSet<>(contents.leaves().keySet())).toJson());
    Map<String, Object> replayed = new LinkedHashMap<>();
    replayed.put("v", 1);
    replayed.put("decisions", replays.stream().map(Replayed::toMap).toList());
    made.put(PackNames.REPLAY, Jcs.canonical(replayed));
    made.put(PackNames.REPORT, utf8(new PackReport(contents, trust, replays, revocations).html()));
    return made;
  }

  /** The log's and its witnesses' keys in the form of signed notes (c2sp.org/signed-note). */
  private String logKeys() {
    StringBuilder lines = new StringBuilder();
    LogPolicy policy = trust.newest().logPolicy();
    policy.logs().forEach(log -> lines.append(log.key().vkey()).append('\n'));
    policy.witnesses().forEach(witness -> lines.append(witness.key().vkey()).append('\n'));
    TreeSet<String> stated = new TreeSet<>();
    for (PackContents.Packed packed : contents.leaves().values()) {
      if (packed.leaf().body() instanceof LeafBody.KeyStatement key) {
        key.vkey().filter(vkey -> lines.indexOf(vkey + "\n") < 0).ifPresent(stated::add);
      }
    }
    stated.forEach(vkey -> lines.append(vkey).append('\n'));
    return lines.toString();
  }

  /** The list of all members but itself, with their digests. */
  static byte[] manifest(PackContents contents, SortedMap<String, PackMembers.Member> members) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("mediaType", PackQuestion.MEDIA_TYPE);
    Map<String, Object> log = new LinkedHashMap<>();
    log.put("origin", contents.checkpoint().origin());
    log.put("size", contents.checkpoint().size());
    log.put("root", contents.checkpoint().root());
    map.put("log", log);
    List<Object> rows = new ArrayList<>();
    members.forEach(
        (name, member) -> {
          if (!name.equals(PackNames.MANIFEST)) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("name", name);
            row.put("size", member.size());
            row.put("sha256", member.sha256());
            rows.add(row);
          }
        });
    map.put("members", rows);
    return Jcs.canonical(map);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
