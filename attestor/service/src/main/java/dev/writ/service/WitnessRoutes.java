// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.Witness;
import dev.writ.tlog.AddCheckpoint;
import dev.writ.tlog.AddCheckpointAnswer;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MalformedAddCheckpointException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A witness over HTTP (c2sp.org/tlog-witness): submission and monitoring under one prefix.
 *
 * <pre>
 * POST /add-checkpoint
 * GET  /&lt;hex SHA-256 of an origin&gt;/checkpoint
 * </pre>
 *
 * <p>What the witness itself cannot answer is a problem, as at every other door: 503 where its store or
 * its clock fails.
 */
final class WitnessRoutes {
  private static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");
  private static final String CHECKPOINT = "/checkpoint";

  private final Witness witness;
  private final WorkPool work;

  WitnessRoutes(Witness witness, WorkPool work) {
    this.witness = witness;
    this.work = work;
  }

  RouteTable table() {
    return new RouteTable()
        .postBytes("/add-checkpoint", "add_checkpoint", this::add)
        .getUnder("/", "witnessed", target -> checkpoint(target.rest()));
  }

  private CompletionStage<Reply> add(byte[] body) {
    AddCheckpoint request;
    try {
      request = AddCheckpoint.parse(body);
    } catch (MalformedAddCheckpointException e) {
      return Reply.now(
          written(
              new AddCheckpointAnswer.Refused(
                  AddCheckpointAnswer.Why.MALFORMED, String.valueOf(e.getMessage()))));
    }
    return reply(() -> given(written(witness.add(request))));
  }

  private static Reply given(Answer answer) {
    return new Reply.Given(() -> answer);
  }

  private static Answer written(AddCheckpointAnswer answer) {
    return new Answer(
        answer.status(),
        answer.mediaType(),
        Map.of(HttpHeaders.CACHE_CONTROL, NO_STORE),
        Buffer.buffer(answer.body()));
  }

  private CompletionStage<Reply> checkpoint(String path) {
    Optional<Hash> origin = origin(path);
    if (origin.isEmpty()) {
      return Reply.now(
          Problem.notFound("the path must be <sha256 of an origin>/checkpoint, was not"));
    }
    return reply(
        () ->
            witness
                .checkpoint(origin.get())
                .<Reply>map(
                    note -> given(Answer.current(AddCheckpointAnswer.TEXT_MEDIA_TYPE, note)))
                .orElseGet(
                    () ->
                        new Reply.Refused(
                            Problem.notFound("the log must be one that was cosigned, was not"),
                            Optional.empty())));
  }

  private static Optional<Hash> origin(String path) {
    if (!path.endsWith(CHECKPOINT)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Hash.fromHex(path.substring(0, path.length() - CHECKPOINT.length())));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private CompletionStage<Reply> reply(WorkPool.Work<Reply> ask) {
    return work.submit(ask)
        .exceptionally(
            failure -> {
              if (failure instanceof DeniedException denied) {
                return Denials.reply(denied.denial());
              }
              Defect.log("a request to the witness", failure);
              return Denials.reply(Defect.DENIAL);
            });
  }
}
