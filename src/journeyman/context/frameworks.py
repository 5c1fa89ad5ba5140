"""Names that tell what a repository is built with: modules of frameworks, files of settings."""

from __future__ import annotations

TEXTS = frozenset({"markdown", "json", "yaml", "toml", "html", "css"})
"""Languages that no program is written in."""

FRAMEWORKS = {
    "django": "Django", "flask": "Flask", "fastapi": "FastAPI", "starlette": "Starlette", "aiohttp": "aiohttp",
    "tornado": "Tornado", "sqlalchemy": "SQLAlchemy", "pydantic": "Pydantic", "celery": "Celery", "click": "Click",
    "typer": "Typer", "numpy": "NumPy", "pandas": "pandas", "torch": "PyTorch", "tensorflow": "TensorFlow",
    "sklearn": "scikit-learn", "scipy": "SciPy", "requests": "requests", "httpx": "HTTPX", "attr": "attrs",
    "attrs": "attrs", "msgspec": "msgspec", "dataclasses": "dataclasses", "asyncio": "asyncio", "trio": "Trio",
    "anyio": "AnyIO", "pytest": "pytest", "unittest": "unittest", "hypothesis": "Hypothesis", "nose": "nose",
    "react": "React", "vue": "Vue", "svelte": "Svelte", "@angular/core": "Angular", "next": "Next.js",
    "express": "Express", "koa": "Koa", "fastify": "Fastify", "@nestjs/common": "NestJS", "redux": "Redux",
    "rxjs": "RxJS", "zod": "Zod", "jest": "Jest", "@jest/globals": "Jest", "vitest": "Vitest", "mocha": "Mocha",
    "chai": "Chai", "node:test": "node:test", "@testing-library/react": "Testing Library", "cypress": "Cypress",
    "@playwright/test": "Playwright", "testing": "Go's testing", "github.com/stretchr/testify": "Testify",
    "github.com/gin-gonic/gin": "Gin", "github.com/labstack/echo": "Echo", "github.com/spf13/cobra": "Cobra",
    "gorm.io/gorm": "GORM", "net/http": "net/http", "tokio": "Tokio", "serde": "Serde", "actix_web": "Actix",
    "axum": "Axum", "clap": "clap", "anyhow": "anyhow", "thiserror": "thiserror", "org.springframework": "Spring",
    "org.junit": "JUnit", "org.mockito": "Mockito", "org.assertj": "AssertJ", "jakarta.persistence": "JPA",
    "lombok": "Lombok", "com.fasterxml": "Jackson", "androidx.compose": "Jetpack Compose", "rails": "Rails",
    "rspec": "RSpec", "minitest": "Minitest", "sinatra": "Sinatra", "Illuminate": "Laravel", "Symfony": "Symfony",
    "PHPUnit": "PHPUnit", "Xunit": "xUnit", "NUnit": "NUnit", "Microsoft.AspNetCore": "ASP.NET Core",
    "Microsoft.EntityFrameworkCore": "Entity Framework", "SwiftUI": "SwiftUI", "XCTest": "XCTest",
    "gtest": "GoogleTest", "catch2": "Catch2", "boost": "Boost", "Qt": "Qt",
}  # fmt: skip
"""What a module that is imported, or its first words, belong to."""

SETTINGS = {
    "pyproject.toml": "Python project", "setup.cfg": "setuptools", "setup.py": "setuptools", "tox.ini": "tox",
    "noxfile.py": "nox", "ruff.toml": "Ruff", ".flake8": "flake8", "mypy.ini": "mypy", "pytest.ini": "pytest",
    ".pre-commit-config.yaml": "pre-commit", ".editorconfig": "EditorConfig", "package.json": "npm",
    "tsconfig.json": "TypeScript", "biome.json": "Biome", "eslint.config.js": "ESLint", ".eslintrc.json": "ESLint",
    ".eslintrc.js": "ESLint", ".eslintrc": "ESLint", ".prettierrc": "Prettier", "jest.config.js": "Jest",
    "vitest.config.ts": "Vitest", "go.mod": "Go modules", ".golangci.yml": "golangci-lint", "Cargo.toml": "Cargo",
    "rustfmt.toml": "rustfmt", "clippy.toml": "Clippy", "pom.xml": "Maven", "build.gradle": "Gradle",
    "build.gradle.kts": "Gradle", "Gemfile": "Bundler", ".rubocop.yml": "RuboCop", "composer.json": "Composer",
    "phpunit.xml": "PHPUnit", "CMakeLists.txt": "CMake", "meson.build": "Meson", "Makefile": "make",
    "justfile": "just", ".clang-format": "clang-format", "Package.swift": "SwiftPM", "Dockerfile": "Docker",
}  # fmt: skip
"""Files that programs read their settings from."""
