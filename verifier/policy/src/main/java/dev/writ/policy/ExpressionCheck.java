// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Holds a checked expression to what CEL's own checker cannot be told: the rest of {@link Profile}.
 *
 * <ul>
 *   <li>Every node has a static type of the profile: no {@code dyn}, double, unsigned, bytes, null.
 *   <li>No struct is made; inputs are the only ones.
 *   <li>The tree is at most {@link Profile#MAX_DEPTH} high, comprehensions stand at most {@link
 *       #MAX_COMPREHENSIONS} in one another, and their variables hide no input.
 *   <li>{@code matches} has a literal pattern of bounded length and program size, so that a bad one
 *       is found here and a good one is compiled once.
 *   <li>Nothing is joined with {@code +} inside {@code map} or {@code filter}: {@code l.map(x, x + x)},
 *       repeated, doubles each time, which no limit on steps would stop.
 * </ul>
 */
final class ExpressionCheck {
  /** Comprehensions inside one another. */
  static final int MAX_COMPREHENSIONS = 2;

  /** UTF-16 units of one regular expression. */
  static final int MAX_PATTERN = 256;

  /** Instructions that RE2 compiles one regular expression to. */
  static final int MAX_PATTERN_PROGRAM = 500;

  private static final Set<CelKind> KINDS =
      Set.of(
          CelKind.BOOL,
          CelKind.INT,
          CelKind.STRING,
          CelKind.TIMESTAMP,
          CelKind.DURATION,
          CelKind.LIST,
          CelKind.MAP,
          CelKind.STRUCT);

  private static final Set<String> JOINS = Set.of("add_string", "add_list");

  private final CelAbstractSyntaxTree tree;
  private final Json.Place place;
  private final Map<String, Pattern> patterns = new HashMap<>();
  private final Set<InputPath> inputs = new LinkedHashSet<>();

  private ExpressionCheck(CelAbstractSyntaxTree tree, Json.Place place) {
    this.tree = tree;
    this.place = place;
  }

  static ExpressionCheck of(CelAbstractSyntaxTree tree, Json.Place place)
      throws MalformedPolicyException {
    ExpressionCheck check = new ExpressionCheck(tree, place);
    for (CelType type : tree.getTypeMap().values()) {
      check.requireKnown(type);
    }
    check.visit(tree.getExpr(), 1, Within.NOTHING);
    return check;
  }

  /** The literal patterns, compiled. */
  Map<String, Pattern> patterns() {
    return patterns;
  }

  /** What the expression reads, in the order in which it first does. */
  List<InputPath> inputs() {
    return List.copyOf(inputs);
  }

  private void requireKnown(CelType type) throws MalformedPolicyException {
    if (!KINDS.contains(type.kind())) {
      throw refused(
          "built of bool, int, string, timestamp, duration, lists and maps of one type",
          "a part of type " + type.name());
    }
    for (CelType parameter : type.parameters()) {
      requireKnown(parameter);
    }
  }

  /**
   * What an expression stands in.
   *
   * @param comprehensions how many comprehensions
   * @param building whether one of them builds a list
   */
  private record Within(int comprehensions, boolean building) {
    static final Within NOTHING = new Within(0, false);
  }

  private void visit(CelExpr expr, int depth, Within within) throws MalformedPolicyException {
    if (depth > Profile.MAX_DEPTH) {
      throw refused("at most " + Profile.MAX_DEPTH + " deep", "deeper");
    }
    switch (expr.getKind()) {
      case CONSTANT -> {}
      case IDENT -> read(expr.ident().name(), "");
      case SELECT -> select(expr, "", depth, within);
      case CALL -> call(expr, depth, within);
      case LIST -> {
        for (CelExpr element : expr.list().elements()) {
          visit(element, depth + 1, within);
        }
      }
      case MAP -> {
        for (CelExpr.CelMap.Entry entry : expr.map().entries()) {
          visit(entry.key(), depth + 1, within);
          visit(entry.value(), depth + 1, within);
        }
      }
      case COMPREHENSION -> comprehension(expr.comprehension(), depth, within);
      case STRUCT, NOT_SET -> throw refused("an expression that makes no struct", "one that does");
    }
  }

  /**
   * Descends from the field selected last to the variable, as long as each operand is a struct; structs
   * stand in one another no deeper than they are declared.
   *
   * @param below what is selected from {@code expr}, with a dot before it; empty if nothing is
   */
  private void select(CelExpr expr, String below, int depth, Within within)
      throws MalformedPolicyException {
    CelExpr operand = expr.select().operand();
    String path = expr.select().field() + below;
    if (operand.getKind() == CelExpr.ExprKind.Kind.IDENT) {
      read(operand.ident().name(), path);
    } else if (operand.getKind() == CelExpr.ExprKind.Kind.SELECT && isStruct(operand)) {
      select(operand, "." + path, depth + 1, within);
    } else {
      visit(operand, depth + 1, within);
    }
  }

  private boolean isStruct(CelExpr expr) {
    return tree.getType(expr.id()).filter(type -> type.kind() == CelKind.STRUCT).isPresent();
  }

  private void read(String name, String field) {
    InputPath.Variable.named(name)
        .ifPresent(variable -> inputs.add(new InputPath(variable, field)));
  }

  private void call(CelExpr expr, int depth, Within within) throws MalformedPolicyException {
    CelExpr.CelCall call = expr.call();
    if (within.building() && joins(expr) && !accumulates(call)) {
      throw refused("without + on strings or lists inside map or filter", "with it");
    }
    List<CelExpr> arguments = new ArrayList<>(call.args());
    call.target().ifPresent(target -> arguments.add(0, target));
    if (call.function().equals("matches")) {
      pattern(arguments.get(1));
    }
    for (CelExpr argument : arguments) {
      visit(argument, depth + 1, within);
    }
  }

  private boolean joins(CelExpr expr) {
    return tree.getReference(expr.id()).stream()
        .flatMap(reference -> reference.overloadIds().stream())
        .anyMatch(JOINS::contains);
  }

  /** Whether this is the step by which the macro itself adds one element to its result. */
  private static boolean accumulates(CelExpr.CelCall call) {
    CelExpr left = call.args().get(0);
    return left.getKind() == CelExpr.ExprKind.Kind.IDENT
        // No identifier of a source begins with this character.
        && left.ident().name().startsWith("@");
  }

  private void comprehension(CelExpr.CelComprehension comprehension, int depth, Within outer)
      throws MalformedPolicyException {
    if (outer.comprehensions() == MAX_COMPREHENSIONS) {
      throw refused("at most " + MAX_COMPREHENSIONS + " comprehensions in one another", "more");
    }
    if (InputPath.Variable.named(comprehension.iterVar()).isPresent()
        || comprehension.iterVar().equals("constants")) {
      throw refused("variables that hide no input", "a variable " + comprehension.iterVar());
    }
    Within inner =
        new Within(
            outer.comprehensions() + 1,
            outer.building() || comprehension.accuInit().getKind() == CelExpr.ExprKind.Kind.LIST);
    visit(comprehension.iterRange(), depth + 1, outer);
    visit(comprehension.accuInit(), depth + 1, outer);
    visit(comprehension.loopCondition(), depth + 1, inner);
    visit(comprehension.loopStep(), depth + 1, inner);
    visit(comprehension.result(), depth + 1, outer);
  }

  private void pattern(CelExpr argument) throws MalformedPolicyException {
    Optional<String> literal =
        argument.getKind() == CelExpr.ExprKind.Kind.CONSTANT
                && argument.constant().getKind() == CelConstant.Kind.STRING_VALUE
            ? Optional.of(argument.constant().stringValue())
            : Optional.empty();
    if (literal.isEmpty()) {
      throw refused("a literal pattern in matches", "a computed one");
    }
    String text = literal.get();
    if (text.length() > MAX_PATTERN) {
      throw refused(
          "patterns of at most " + MAX_PATTERN + " characters", text.length() + " characters");
    }
    Pattern compiled;
    try {
      compiled = Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      throw new MalformedPolicyException(place, "RE2 patterns in matches", e.getDescription(), e);
    }
    if (compiled.programSize() > MAX_PATTERN_PROGRAM) {
      throw refused(
          "patterns of at most " + MAX_PATTERN_PROGRAM + " RE2 instructions",
          compiled.programSize() + " instructions");
    }
    patterns.put(text, compiled);
  }

  private MalformedPolicyException refused(String mustBe, String was) {
    return new MalformedPolicyException(place, Profile.ID + ": " + mustBe, was);
  }
}
