# Reference figures of the confirmatory factor analyses: Rscript lavaan.R ratings.csv indices.csv
# Made with R 4.2.2 and lavaan 0.6-14 (Debian: r-base-core, r-cran-lavaan). Takes some minutes: where the
# likelihood has no finite maximum, lavaan goes on for thousands of steps.
suppressMessages(library(lavaan))
arguments <- commandArgs(trailingOnly = TRUE)
table <- read.csv(arguments[1], colClasses = "character")
digits <- do.call(rbind, lapply(strsplit(table$ratings, ""), as.integer))
colnames(digits) <- paste0("item", seq_len(ncol(digits)))
data <- as.data.frame(digits)

models <- list(
  conservation = "
    Security =~ item5 + item14 + item21 + item31 + item35
    Conformity =~ item7 + item16 + item28 + item36
    Tradition =~ item9 + item20 + item25 + item38",
  openness = "
    SelfDirection =~ item1 + item11 + item22 + item34
    Stimulation =~ item6 + item15 + item30
    Hedonism =~ item10 + item26 + item37",
  self_transcendence = "
    Benevolence =~ item12 + item18 + item27 + item33
    Universalism =~ item3 + item8 + item19 + item23 + item29 + item40",
  self_enhancement = "
    Achievement =~ item4 + item13 + item24 + item32
    Power =~ item2 + item17 + item39"
)

# the first principal component of each latent variable's items, as holdfast.stability.structure.cfa starts
principal <- function(model, own) {
  table <- parTable(cfa(model, data = own, std.lv = TRUE, do.fit = FALSE))
  for (factor in unique(table$lhs[table$op == "=~"])) {
    rows <- which(table$op == "=~" & table$lhs == factor)
    first <- eigen(cor(own[table$rhs[rows]]))
    loadings <- 0.8 * sqrt(first$values[1]) * first$vectors[, 1]
    deviations <- sapply(own[table$rhs[rows]], sd)
    table$start[rows] <- loadings * (if (sum(loadings) < 0) -1 else 1) * deviations
  }
  table$est <- table$start
  table
}

fitted <- function(model, own, start) {
  tryCatch({
    fit <- suppressWarnings(cfa(model, data = own, std.lv = TRUE, start = start))
    if (lavInspect(fit, "converged")) fit else NULL
  }, error = function(e) NULL)
}

covariance <- function(fit) {
  latent <- lavInspect(fit, "cov.lv")
  max(abs(latent[lower.tri(latent)]))
}

problem <- function(fit) {
  if (is.null(fit)) return("fit_failed")
  if (covariance(fit) >= 1) return("latent_covariance")
  if (max(abs(lavInspect(fit, "std.all")$lambda)) >= 5) return("no_finite_optimum")
  ""
}

smallest <- function(fit) {
  deviations <- sqrt(diag(lavInspect(fit, "sampstat")$cov))
  min(diag(lavInspect(fit, "theta")) / deviations^2)
}

# default: lavaan's own start. The other columns are of the proper fit with the higher likelihood.
row <- function(sample, name) {
  own <- data[table$sample == sample, ]
  default <- fitted(models[[name]], own, "default")
  fits <- list(default, fitted(models[[name]], own, principal(models[[name]], own)))
  result <- data.frame(sample = sample, model = name, covariance = NA, smallest = NA, cfi = NA, tli = NA, rmsea = NA,
                       srmr = NA, default_cfi = NA, default = problem(default), problem = problem(fits[[2]]))
  if (!is.null(default)) result$default_cfi <- fitMeasures(default, "cfi")
  proper <- Filter(function(fit) problem(fit) == "", fits)
  if (length(proper) > 0) {
    fit <- proper[[which.min(sapply(proper, fitMeasures, "fmin"))]]
    found <- fitMeasures(fit, c("cfi", "tli", "rmsea", "srmr"))
    result[, names(found)] <- found
    result$covariance <- covariance(fit)
    result$smallest <- smallest(fit)
    result$problem <- ""
  }
  result
}

samples <- unique(table$sample)
rows <- do.call(rbind, lapply(samples, function(s) do.call(rbind, lapply(names(models), function(m) row(s, m)))))
numbers <- sapply(rows, is.numeric)
rows[numbers] <- lapply(rows[numbers], function(x) ifelse(is.na(x), "", formatC(x, digits = 8, format = "f")))
write.csv(rows, arguments[2], row.names = FALSE, quote = FALSE)
