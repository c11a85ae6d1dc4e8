// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether an expression tells a frozen service from one in its usual mode. Each part is evaluated in both
 * modes as far as its value follows from the mode alone; where the greatest such part has two values, it does.
 * What follows from something else, too, is not guessed at: such a part tells nothing, and its own parts may.
 */
final class ModeReading {
  private final CelAbstractSyntaxTree tree;

  private ModeReading(CelAbstractSyntaxTree tree) {
    this.tree = tree;
  }

  /** Whether the expression does. */
  static boolean tellsFrozen(CelAbstractSyntaxTree tree) {
    return new ModeReading(tree).tells(tree.getExpr());
  }

  private boolean tells(CelExpr expr) {
    Optional<Object> usual = value(expr, Governance.Mode.NORMAL);
    Optional<Object> frozen = value(expr, Governance.Mode.FROZEN);
    if (usual.isPresent() && frozen.isPresent()) {
      // A mode that is only looked at tells nothing before it is compared.
      return usual.get() instanceof Boolean && !usual.equals(frozen);
    }
    return parts(expr).stream().anyMatch(this::tells);
  }

  private static List<CelExpr> parts(CelExpr expr) {
    List<CelExpr> parts = new ArrayList<>();
    switch (expr.getKind()) {
      case CALL -> {
        expr.call().target().ifPresent(parts::add);
        parts.addAll(expr.call().args());
      }
      case SELECT -> parts.add(expr.select().operand());
      case LIST -> parts.addAll(expr.list().elements());
      case MAP ->
          expr.map()
              .entries()
              .forEach(
                  entry -> {
                    parts.add(entry.key());
                    parts.add(entry.value());
                  });
      case COMPREHENSION -> {
        parts.add(expr.comprehension().iterRange());
        parts.add(expr.comprehension().accuInit());
        parts.add(expr.comprehension().loopCondition());
        parts.add(expr.comprehension().loopStep());
        parts.add(expr.comprehension().result());
      }
      default -> {}
    }
    return parts;
  }

  /** The value in a mode; empty where it follows from more than that. */
  private Optional<Object> value(CelExpr expr, Governance.Mode mode) {
    CelReference named = tree.getReferenceMap().get(expr.id());
    if (named != null && named.value().isPresent()) {
      return constant(named.value().get());
    }
    return switch (expr.getKind()) {
      case CONSTANT -> constant(expr.constant());
      case SELECT -> isMode(expr.select()) ? Optional.of(number(mode)) : Optional.empty();
      case LIST -> list(expr.list().elements(), mode);
      case CALL -> call(expr.call(), mode);
      default -> Optional.empty();
    };
  }

  private static boolean isMode(CelExpr.CelSelect select) {
    return !select.testOnly()
        && select.field().equals("mode")
        && select.operand().getKind() == CelExpr.ExprKind.Kind.IDENT
        && select.operand().ident().name().equals(InputPath.Variable.GOVERNANCE.wire());
  }

  /** As rules see it: {@link Profile} numbers the modes as they are declared. */
  private static Long number(Governance.Mode mode) {
    return (long) List.of(Governance.Mode.values()).indexOf(mode);
  }

  private static Optional<Object> constant(CelConstant constant) {
    return switch (constant.getKind()) {
      case BOOLEAN_VALUE -> Optional.of(constant.booleanValue());
      case INT64_VALUE -> Optional.of(constant.int64Value());
      case STRING_VALUE -> Optional.of(constant.stringValue());
      default -> Optional.empty();
    };
  }

  private Optional<Object> list(List<CelExpr> elements, Governance.Mode mode) {
    List<Object> values = new ArrayList<>();
    for (CelExpr element : elements) {
      value(element, mode).ifPresent(values::add);
    }
    return values.size() == elements.size() ? Optional.of(values) : Optional.empty();
  }

  private Optional<Object> call(CelExpr.CelCall call, Governance.Mode mode) {
    if (call.target().isPresent()) {
      return Optional.empty();
    }
    List<Optional<Object>> args = call.args().stream().map(arg -> value(arg, mode)).toList();
    return switch (call.function()) {
      case "_&&_" -> either(args, false);
      case "_||_" -> either(args, true);
      case "!_" -> args.get(0).map(value -> !value.equals(true));
      case "_?_:_" -> args.get(0).flatMap(value -> args.get(value.equals(true) ? 1 : 2));
      case "_==_" -> both(args).map(two -> two.get(0).equals(two.get(1)));
      case "_!=_" -> both(args).map(two -> !two.get(0).equals(two.get(1)));
      case "@in" ->
          both(args)
              .filter(two -> two.get(1) instanceof List)
              .map(two -> ((List<?>) two.get(1)).contains(two.get(0)));
      case "_<_" -> order(args).map(order -> order < 0);
      case "_<=_" -> order(args).map(order -> order <= 0);
      case "_>_" -> order(args).map(order -> order > 0);
      case "_>=_" -> order(args).map(order -> order >= 0);
      default -> Optional.empty();
    };
  }

  /** Of {@code &&} and {@code ||}: one argument is enough where it is {@code deciding}. */
  private static Optional<Object> either(List<Optional<Object>> args, boolean deciding) {
    if (args.contains(Optional.<Object>of(deciding))) {
      return Optional.of(deciding);
    }
    return args.stream().allMatch(Optional::isPresent) ? Optional.of(!deciding) : Optional.empty();
  }

  private static Optional<List<Object>> both(List<Optional<Object>> args) {
    return args.stream().allMatch(Optional::isPresent)
        ? Optional.of(List.of(args.get(0).get(), args.get(1).get()))
        : Optional.empty();
  }

  private static Optional<Integer> order(List<Optional<Object>> args) {
    return both(args)
        .filter(two -> two.get(0) instanceof Long && two.get(1) instanceof Long)
        .map(two -> Long.compare((Long) two.get(0), (Long) two.get(1)));
  }
}
