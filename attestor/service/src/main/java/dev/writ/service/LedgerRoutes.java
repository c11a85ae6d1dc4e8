// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.LogRetention;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MalformedTilePathException;
import dev.writ.tlog.TilePath;
import io.vertx.core.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The ledger to be read: by c2sp.org/tlog-tiles, and its proofs for who does not want to compute them.
 * Reads of the store have threads of their own, so that monitors are in nobody's way.
 */
final class LedgerRoutes {
  private static final CharSequence CHECKPOINT =
      HttpHeaders.createOptimized("text/plain; charset=utf-8");
  private static final CharSequence OCTETS =
      HttpHeaders.createOptimized("application/octet-stream");
  private static final CharSequence FOREVER =
      HttpHeaders.createOptimized("public, max-age=31536000, immutable");
  private static final String ENTRIES = "entries/";

  private final Ledger ledger;
  private final WorkPool reads;

  LedgerRoutes(Ledger ledger, WorkPool reads) {
    this.ledger = ledger;
    this.reads = reads;
  }

  void addTo(RouteTable table) {
    table
        .get(
            "/ledger/checkpoint",
            "checkpoint",
            target -> Reply.now(Answer.current(CHECKPOINT, ledger.checkpoint().bytes())))
        .getUnder("/ledger/tile/", "tile", this::tile)
        .get("/v1/ledger/inclusion", "inclusion", this::inclusion, "index", "size")
        .get("/v1/ledger/consistency", "consistency", this::consistency, "old", "new")
        .get("/v1/ledger/retention", "retention", target -> read(this::retention));
  }

  private CompletionStage<Reply> tile(RouteTable.Target target) throws MalformedRequest {
    try {
      String path = "tile/" + target.rest();
      if (target.rest().startsWith(ENTRIES)) {
        EntryBundlePath bundle = EntryBundlePath.parse(path);
        return read(() -> immutable(ledger.entryBundle(bundle)));
      }
      TilePath tile = TilePath.parse(path);
      return read(() -> immutable(ledger.tile(tile)));
    } catch (MalformedTilePathException e) {
      throw new MalformedRequest(String.valueOf(e.getMessage()));
    }
  }

  private static Reply immutable(Optional<byte[]> bytes) {
    return bytes
        .<Reply>map(found -> new Reply.Given(() -> Answer.content(OCTETS, found, FOREVER)))
        .orElseGet(() -> uncovered("tile"));
  }

  private CompletionStage<Reply> inclusion(RouteTable.Target target) throws MalformedRequest {
    long index = target.count("index");
    long size = target.count("size");
    return read(
        () ->
            ledger
                .inclusionProof(index, size)
                .map(
                    proof ->
                        PublicRoutes.given(
                            200,
                            PublicRoutes.json(
                                "index", index, "size", size, "hashes", base64(proof.path()))))
                .orElseGet(() -> uncovered("proof")));
  }

  private CompletionStage<Reply> consistency(RouteTable.Target target) throws MalformedRequest {
    long older = target.count("old");
    long newer = target.count("new");
    return read(
        () ->
            ledger
                .consistencyProof(older, newer)
                .map(
                    proof ->
                        PublicRoutes.given(
                            200,
                            PublicRoutes.json(
                                "old", older, "new", newer, "hashes", base64(proof.path()))))
                .orElseGet(() -> uncovered("proof")));
  }

  /** The policy that tlog-tiles asks of a log that is pruned ("Pruning"). */
  private Reply retention() throws LedgerException {
    LogRetention retention = ledger.retention();
    List<Object> members =
        new ArrayList<>(
            List.of(
                "origin",
                retention.origin(),
                "minimum_index",
                retention.minimumIndex(),
                "archive",
                retention.archive().isPresent()));
    retention
        .archive()
        .ifPresent(archive -> members.addAll(List.of("keep_days", (long) archive.keepDays())));
    return PublicRoutes.given(200, PublicRoutes.json(members.toArray()));
  }

  private static Reply uncovered(String what) {
    return new Reply.Refused(
        Problem.notFound("the newest checkpoint must cover the " + what + ", and does not"),
        Optional.empty());
  }

  private static List<String> base64(List<Hash> hashes) {
    return hashes.stream().map(Hash::base64).toList();
  }

  private CompletionStage<Reply> read(WorkPool.Work<Reply> work) {
    return reads
        .submit(work)
        .exceptionally(
            failure -> {
              if (failure instanceof DeniedException denied) {
                return Denials.reply(denied.denial());
              }
              Defect.log("a read of the ledger", failure);
              return Denials.reply(Defect.DENIAL);
            });
  }
}
